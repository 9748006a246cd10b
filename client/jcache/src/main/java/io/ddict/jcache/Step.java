package io.ddict.jcache;

/** Decides what to do to an entry; asked once in each attempt. */
@FunctionalInterface
interface Step<V> {
    Change<V> decide(Found<V> found);
}
