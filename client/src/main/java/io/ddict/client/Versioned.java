package io.ddict.client;

/**
 * A value and its version.
 *
 * @param value the value
 * @param version a number above 0 that only grows for a key; what compareAndSet takes
 * @param <V> type of the value
 */
public record Versioned<V>(V value, long version) {}
