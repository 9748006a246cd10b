package io.ddict.client;

import java.io.Serializable;

/**
 * Chooses entries of a dictionary, beside the data. Called by several threads at a time, one for each
 * manager. It can be serialized, so that a later version may run it in the node service.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
@FunctionalInterface
public interface EntryPredicate<K, V> extends Serializable {
    /** Whether the entry is wanted. */
    boolean test(K key, V value);
}
