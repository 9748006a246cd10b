package io.ddict.jcache;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an operation wants to do to an entry.
 *
 * @param kind what
 * @param value the new value; null unless one is stored
 * @param <V> type of the values
 */
record Change<V>(Kind kind, @Nullable V value) {
    /** What can be done. */
    enum Kind {
        /** Nothing, not even that it was looked at. */
        KEEP,
        /** It was looked at. */
        ACCESS,
        /** It gets a value, which the writer is told of. */
        PUT,
        /** It gets a value that came from the loader. */
        LOAD,
        /** It goes, which the writer is told of, also where there is none. */
        REMOVE
    }

    static <V> Change<V> keep() {
        return new Change<>(Kind.KEEP, null);
    }

    static <V> Change<V> access() {
        return new Change<>(Kind.ACCESS, null);
    }

    static <V> Change<V> put(V value) {
        return new Change<>(Kind.PUT, value);
    }

    static <V> Change<V> load(V value) {
        return new Change<>(Kind.LOAD, value);
    }

    static <V> Change<V> remove() {
        return new Change<>(Kind.REMOVE, null);
    }

    boolean stores() {
        return kind == Kind.PUT || kind == Kind.LOAD;
    }

    V requireValue() {
        return Objects.requireNonNull(value, "a change that stores has a value");
    }
}
