package io.ddict.manager.system;

import io.ddict.client.DDict;
import java.util.Arrays;
import java.util.List;

/**
 * Broadcasts the numbers from 1 on under one key, tells of each afterwards, until it is killed. Each value
 * is an array of that number, as long as it is told.
 */
final class BroadcastRole implements Role {
    /** The key. */
    static final String KEY = "number";

    @Override
    public void run(Parent parent, List<String> arguments) {
        DDict<String, long[]> dict = DDict.attach(arguments.getFirst());
        long[] value = new long[Integer.parseInt(arguments.get(1))];
        while (true) {
            Arrays.fill(value, value[0] + 1);
            dict.broadcastPut(KEY, value);
            parent.say("stored " + value[0]);
        }
    }
}
