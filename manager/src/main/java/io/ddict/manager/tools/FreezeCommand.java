package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import picocli.CommandLine.Command;

@Command(name = "freeze", description = "Makes a dictionary read-only, for everybody.")
final class FreezeCommand extends DictionaryCommand {
    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) {
        dictionary.freeze();
        return ExitCodes.OK;
    }
}
