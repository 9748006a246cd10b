package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "remove", description = "Removes a key and its value.")
final class RemoveCommand extends DictionaryCommand {
    @Parameters(paramLabel = "KEY", description = "The key, a String.")
    private String key = "";

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) {
        goToNewest(dictionary);
        return dictionary.remove(key) == null ? absent(key) : ExitCodes.OK;
    }
}
