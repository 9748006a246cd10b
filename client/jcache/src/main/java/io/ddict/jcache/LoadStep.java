package io.ddict.jcache;

import org.jspecify.annotations.Nullable;

/** Loads what is not there. One operation. */
final class LoadStep<K, V> implements Step<V> {
    private final Loading<K, V> loading;
    private final K key;
    private @Nullable V value;

    LoadStep(Loading<K, V> loading, K key) {
        this.loading = loading;
        this.key = key;
    }

    @Override
    public Change<V> decide(Found<V> found) {
        if (found.isPresent()) {
            // Another was faster.
            value = found.value();
            return Change.access();
        }
        value = loading.load(key);
        return value == null ? Change.keep() : Change.load(value);
    }

    /** What is there now; null if the loader has none either. */
    @Nullable V value() {
        return value;
    }
}
