package io.ddict.client;

import io.ddict.client.BatchResult.Refused;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/*
 * Entries go from a streamed iteration into batches, so that a dictionary may be larger than the heap.
 * Batches are ended now and then, since it is only then that a refusal shows.
 */

/** Copies entries from one handle to another. */
final class ShardCopy {
    private static final int BATCH_COUNT = 4_096;

    private ShardCopy() {}

    /** Copies all entries of a dictionary, or of one manager; see {@link DDict#copyTo}. */
    static <K, V> long copy(DDict<K, V> from, DDict<? super K, ? super V> to) {
        long copied = 0;
        Iterator<Map.Entry<K, V>> entries = from.entries().iterator();
        while (entries.hasNext()) {
            copied += copyBatch(entries, to);
        }
        return copied;
    }

    private static <K, V> long copyBatch(
            Iterator<Map.Entry<K, V>> entries, DDict<? super K, ? super V> to) {
        try (Batch<? super K, ? super V> batch = to.batch()) {
            for (int count = 0; count < BATCH_COUNT && entries.hasNext(); count++) {
                Map.Entry<K, V> entry = entries.next();
                batch.put(entry.getKey(), entry.getValue());
            }
            BatchResult<?> result = batch.end();
            for (Refused<?> refused : result.refused()) {
                throw refused.cause();
            }
            return result.stored();
        }
    }

    /** Fills empty managers from the same ones of others; see {@link DDict#synchronise}. */
    static <K, V> long synchronise(List<? extends DDict<K, V>> dicts) {
        dicts.forEach(dict -> requireParallel(dicts.getFirst(), dict));
        long copied = 0;
        for (int manager = 0; !dicts.isEmpty()
                && manager < dicts.getFirst().managers(); manager++) {
            int number = manager;
            List<DDict<K, V>> shards = dicts.stream().map(dict -> dict.manager(number)).toList();
            try {
                copied += synchroniseShards(shards);
            } finally {
                shards.forEach(DDict::close);
            }
        }
        return copied;
    }

    private static <K, V> long synchroniseShards(List<DDict<K, V>> shards) {
        List<DDict<K, V>> empty = shards.stream().filter(DDict::isEmpty).toList();
        DDict<K, V> source = shards.stream().filter(shard -> !empty.contains(shard)).findFirst()
                .orElse(null);
        if (source == null) {
            return 0;
        }
        long copied = 0;
        for (DDict<K, V> shard : empty) {
            copied += copy(source, shard);
        }
        return copied;
    }

    private static void requireParallel(DDict<?, ?> one, DDict<?, ?> other) {
        if (!ShardedDDict.areParallel(one, other)) {
            throw new IllegalArgumentException(
                    "dictionaries are not parallel: one="
                            + one.name()
                            + ", managers="
                            + one.managers()
                            + ", other="
                            + other.name()
                            + ", managers="
                            + other.managers()
                            + "; create one of them with DDictConfig.Builder.parallelTo(...)");
        }
    }
}
