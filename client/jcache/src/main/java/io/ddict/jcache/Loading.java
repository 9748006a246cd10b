package io.ddict.jcache;

import java.util.Map;
import java.util.function.Function;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/** The user's loader. What it throws comes out as a {@link CacheLoaderException}. */
final class Loading<K, V> {
    private final CacheLoader<K, V> loader;

    Loading(CacheLoader<K, V> loader) {
        this.loader = loader;
    }

    /** The key's value from where the loader has it; null if there is none. */
    @Nullable V load(K key) {
        return ask(known -> known.load(key));
    }

    Map<K, V> loadAll(Iterable<? extends K> keys) {
        return ask(known -> known.loadAll(keys));
    }

    private <T extends @Nullable Object> T ask(Function<CacheLoader<K, V>, T> question) {
        try {
            return question.apply(loader);
        } catch (CacheLoaderException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CacheLoaderException("loader failed: " + e, e);
        }
    }
}
