package io.ddict.manager.system;

import io.ddict.client.Batch;
import io.ddict.client.DDict;
import java.util.List;

/**
 * Stores the numbers from 0 on, each under itself, in batches of a thousand; tells how far it came after
 * each of them, until it is killed.
 */
final class BatchRole implements Role {
    /** Puts in one batch. */
    static final int BATCH = 1_000;

    @Override
    public void run(Parent parent, List<String> arguments) {
        DDict<Integer, Integer> dict = DDict.attach(arguments.getFirst());
        for (int from = 0;; from += BATCH) {
            try (Batch<Integer, Integer> batch = dict.batch()) {
                for (int i = from; i < from + BATCH; i++) {
                    batch.put(i, i);
                }
            }
            parent.say("stored " + (from + BATCH));
        }
    }
}
