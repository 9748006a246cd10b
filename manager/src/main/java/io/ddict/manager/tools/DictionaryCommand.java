package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** A command that attaches to one dictionary, asks it one thing, and leaves. */
abstract class DictionaryCommand implements Callable<Integer> {
    @Mixin
    private final Address address = new Address();

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public final Integer call() throws IOException {
        checkArguments();
        try (Cluster cluster = address.connect();
                DDict<Object, Object> dictionary = address.attach(cluster)) {
            return run(cluster, dictionary);
        }
    }

    /** Refuses, before anything is sent, what picocli cannot see to be wrong. */
    void checkArguments() {}

    /**
     * Does the command's work.
     *
     * @return its exit code
     */
    abstract int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException;

    /** Goes to the newest checkpoint: that is what a command shows, and the first is retired one day. */
    static void goToNewest(DDict<Object, Object> dictionary) {
        long _ = dictionary.syncToNewestCheckpoint();
    }

    Address address() {
        return address;
    }

    Terminal terminal() {
        return main.terminal();
    }

    /** Tells that a key is absent, on the error output, so that the output stays the answer. */
    int absent(String key) {
        terminal().err().println("ddict: key absent: key=" + key);
        return ExitCodes.NEGATIVE;
    }
}
