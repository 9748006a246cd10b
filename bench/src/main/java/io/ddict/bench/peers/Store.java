package io.ddict.bench.peers;

import org.jspecify.annotations.Nullable;

/**
 * A store as one client process uses it. One thread. The arrays belong to the caller, who changes
 * them after the call: no store keeps one.
 */
public interface Store extends AutoCloseable {
    /** What {@link #view} returns when the first eight bytes of a value are not its last eight. */
    long MIXED = -1;

    /** What {@link #view} returns when the key is absent. */
    long ABSENT = -2;

    /** Stores a value, replacing any earlier one; may return before it is applied. */
    void put(byte[] key, byte[] value);

    /**
     * Stores a value under each key, as one batch where the store has batches.
     *
     * @param keys as many as values
     */
    default void putBatch(byte[][] keys, byte[][] values) {
        for (int i = 0; i < keys.length; i++) {
            put(keys[i], values[i]);
        }
    }

    /** The value in an array of its own, or null if the key is absent. */
    byte @Nullable [] get(byte[] key);

    /**
     * Copies the value into the caller's array.
     *
     * @param buffer as long as the values of this store
     * @return length of the value, or -1 if the key is absent
     */
    int get(byte[] key, byte[] buffer);

    /**
     * Reads the first and the last eight bytes of a value in place.
     *
     * @return those bytes, little-endian, if they are the same; else {@link #MIXED}, or
     *     {@link #ABSENT} if the key is
     */
    long view(byte[] key);

    /** Makes the store read-only for all clients, if it can be. */
    default void freeze() {}

    /** Ends what {@link #freeze} began. */
    default void unfreeze() {}

    /**
     * As {@link #view}, on a store that is frozen.
     *
     * @return what {@link #view} returns
     */
    default long viewFrozen(byte[] key) {
        return view(key);
    }

    /** Removes every key. */
    void clear();

    /** Returns once every put that was accepted from anybody so far is applied. */
    void awaitApplied();

    /** By what channel this process reaches which part of the store; empty if there is just one. */
    default String channels() {
        return "";
    }

    @Override
    void close();
}
