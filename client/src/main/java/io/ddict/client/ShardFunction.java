package io.ddict.client;

import java.io.Serializable;
import java.util.Iterator;

/**
 * Finds results in what one manager has, beside the data. Called by several threads at a time, one for each
 * manager. It can be serialized, so that a later version may run it in the node service: it should
 * use nothing but its argument and what it captures.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 * @param <R> type of the results
 */
@FunctionalInterface
public interface ShardFunction<K, V, R> extends Serializable {
    /**
     * The results of one manager, in their order. The iterator may find them as it is asked.
     *
     * @param shard handle of that manager, as by {@link DDict#manager}; it closes by itself
     * @return results that are not null
     */
    Iterator<R> apply(DDict<K, V> shard);
}
