package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import picocli.CommandLine.Command;

@Command(name = "unfreeze", description = "Makes a frozen dictionary writable again.")
final class UnfreezeCommand extends DictionaryCommand {
    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) {
        dictionary.unfreeze();
        return ExitCodes.OK;
    }
}
