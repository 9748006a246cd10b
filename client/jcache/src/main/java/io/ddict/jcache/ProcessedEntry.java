package io.ddict.jcache;

import java.util.Objects;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/** An entry in the hands of an entry processor: remembers what it did. One thread. */
final class ProcessedEntry<K, V> implements MutableEntry<K, V> {
    private final K key;
    private final Found<V> found;
    private final @Nullable Loading<K, V> loading;
    private Change<V> change = Change.keep();
    private @Nullable V value;

    /**
     * @param loading null if the cache does not read through
     */
    ProcessedEntry(K key, Found<V> found, @Nullable Loading<K, V> loading) {
        this.key = key;
        this.found = found;
        this.loading = loading;
    }

    /** What the processor wants done. */
    Change<V> change() {
        return change;
    }

    @Override
    public K getKey() {
        return key;
    }

    @Override
    public @Nullable V getValue() {
        if (change.kind() == Change.Kind.KEEP && found.isPresent()) {
            value = found.value();
            change = Change.access();
        } else if (value == null && loading != null) {
            value = loading.load(key);
            change = value == null ? change : Change.load(value);
        }
        return value;
    }

    @Override
    public boolean exists() {
        return value != null || change.kind() == Change.Kind.KEEP && found.isPresent();
    }

    @Override
    public void remove() {
        boolean wasNeverThere = change.stores() && !found.isPresent();
        change = wasNeverThere ? Change.keep() : Change.remove();
        value = null;
    }

    @Override
    public void setValue(V value) {
        change = Change.put(Objects.requireNonNull(value, "value is null"));
        this.value = value;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.unwrap(type, this);
    }
}
