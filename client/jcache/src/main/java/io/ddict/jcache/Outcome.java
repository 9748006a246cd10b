package io.ddict.jcache;

/**
 * What became of an operation.
 *
 * @param before what it found
 * @param changed whether the entry got a value, or is gone
 * @param <V> type of the values
 */
record Outcome<V>(Found<V> before, boolean changed) {}
