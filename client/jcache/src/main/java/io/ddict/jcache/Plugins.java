package io.ddict.jcache;

import java.util.Objects;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * What of the user's code a cache's configuration brings, but for the listeners.
 *
 * @param loader null if there is none
 * @param writer null if there is none
 */
record Plugins<K, V>(
        @Nullable CacheLoader<K, V> loader,
        @Nullable CacheWriter<K, V> writer,
        ExpiryPolicy expiryPolicy) {
    /** Makes them by their factories. */
    static <K, V> Plugins<K, V> of(MutableConfiguration<K, V> configuration) {
        return new Plugins<>(
                make(configuration.getCacheLoaderFactory()),
                writer(configuration.getCacheWriterFactory()),
                Objects.requireNonNull(
                        make(configuration.getExpiryPolicyFactory()), "expiry policy is null"));
    }

    private static <T> @Nullable T make(@Nullable Factory<T> factory) {
        return factory == null ? null : factory.create();
    }

    @SuppressWarnings("unchecked") // A writer of supertypes writes what is more special.
    private static <K, V> @Nullable CacheWriter<K, V> writer(
            @Nullable Factory<CacheWriter<? super K, ? super V>> factory) {
        return (CacheWriter<K, V>) make(factory);
    }

    void close(Closing closing) {
        closing.closeIfCloseable(loader);
        closing.closeIfCloseable(writer);
        closing.closeIfCloseable(expiryPolicy);
    }
}
