package io.ddict.jcache;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an attempt found under a key: a value that has not expired, or none. One thread. */
final class Found<V> {
    private final Encoding encoding;
    private final @Nullable StoredValue stored;
    private final long version;
    private @Nullable V value;

    Found(Encoding encoding, @Nullable StoredValue stored, long version) {
        this.encoding = encoding;
        this.stored = stored;
        this.version = version;
    }

    boolean isPresent() {
        return stored != null;
    }

    /** Version of the entry, for compareAndSet; 0 if there is none. */
    long version() {
        return version;
    }

    /** What is stored; only if there is something. */
    StoredValue stored() {
        return Objects.requireNonNull(stored, "nothing was found");
    }

    /** The value, decoded when it is first asked for; null if there is none. */
    @SuppressWarnings("unchecked") // What was put was of this type; another process's word for it.
    @Nullable V value() {
        if (value == null && stored != null) {
            value = (V) encoding.decode(stored);
        }
        return value;
    }

    /** Whether the value equals another; arrays are equal when their elements are. */
    boolean has(V other) {
        return Objects.deepEquals(value(), other);
    }
}
