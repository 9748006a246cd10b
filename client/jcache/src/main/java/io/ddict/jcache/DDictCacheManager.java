package io.ddict.jcache;

import io.ddict.client.Cluster;
import io.ddict.client.DDictException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/** The caches of one URI and class loader in this process. Safe from any thread. */
final class DDictCacheManager implements CacheManager {
    private final DDictCachingProvider provider;
    private final URI uri;
    private final ClassLoader loader;
    private final Properties properties = new Properties();
    private final ManagerSettings settings;
    private final Encoding encoding;
    // Null if the caches are in this process's own node service, which the first of them starts.
    private final @Nullable Cluster cluster;
    private final Map<String, DDictCache<?, ?>> caches = new LinkedHashMap<>();
    private boolean closed;

    /**
     * Connects to the URI's cluster, if it names one.
     *
     * @throws CacheException if that does not run
     * @throws IllegalArgumentException if the URI or a property is malformed
     */
    DDictCacheManager(
            DDictCachingProvider provider, URI uri, ClassLoader loader, Properties properties) {
        this.provider = provider;
        this.uri = uri;
        this.loader = loader;
        this.properties.putAll(properties);
        this.settings = ManagerSettings.of(uri, properties);
        this.encoding = new Encoding(settings.codecs(), loader);
        this.cluster = settings.isEmbedded() ? null : connect(uri, settings.cluster());
    }

    private static Cluster connect(URI uri, String name) {
        try {
            return Cluster.connect(name);
        } catch (DDictException | IllegalArgumentException e) {
            throw new CacheException("cluster of this URI does not answer: uri=" + uri
                    + ", because of " + e.getMessage() + "; start it with ddict start"
                    + " --cluster " + name + ", or leave the URI out for a node service of this"
                    + " process's own", e);
        }
    }

    @Override
    public CachingProvider getCachingProvider() {
        return provider;
    }

    @Override
    public URI getURI() {
        return uri;
    }

    @Override
    public ClassLoader getClassLoader() {
        return loader;
    }

    @Override
    public Properties getProperties() {
        return properties;
    }

    /**
     * Makes a cache; where the URI names a cluster, and another process has made it there, finds that.
     *
     * @throws CacheException if this manager has one of the name, or the dictionary cannot be made
     * @throws UnsupportedOperationException if it is to store by reference
     * @throws IllegalArgumentException if it is to read or write through, and has no loader or writer
     */
    @Override
    public synchronized <K, V, C extends Configuration<K, V>> Cache<K, V> createCache(
            String name, C configuration) {
        requireOpen();
        Objects.requireNonNull(name, "name is null");
        MutableConfiguration<K, V> copy = copy(
                Objects.requireNonNull(configuration, "configuration is null"));
        if (caches.containsKey(name)) {
            throw new CacheException("a cache of this name exists: cache=" + name + ", uri=" + uri);
        }
        CacheDictionary dictionary = cluster == null
                ? CacheDictionary.embedded(name, settings)
                : CacheDictionary.shared(cluster, name, settings);
        boolean made = false;
        try {
            DDictCache<K, V> cache =
                    new DDictCache<>(this, name, copy, dictionary, encoding);
            caches.put(name, cache);
            made = true;
            return cache;
        } finally {
            if (!made) {
                dictionary.close();
            }
        }
    }

    private static <K, V> MutableConfiguration<K, V> copy(Configuration<K, V> given) {
        MutableConfiguration<K, V> copy;
        if (given instanceof CompleteConfiguration<K, V> complete) {
            copy = new MutableConfiguration<>(complete);
        } else {
            copy = new MutableConfiguration<>();
            copy.setTypes(given.getKeyType(), given.getValueType());
            copy.setStoreByValue(given.isStoreByValue());
        }
        if (!copy.isStoreByValue()) {
            throw new UnsupportedOperationException(
                    "values are stored outside this process, so not by reference:"
                            + " storeByValue=false");
        }
        if (copy.isReadThrough() && copy.getCacheLoaderFactory() == null
                || copy.isWriteThrough() && copy.getCacheWriterFactory() == null) {
            throw new IllegalArgumentException(
                    "to read or write through needs a factory of a loader or writer: readThrough="
                            + copy.isReadThrough() + ", writeThrough=" + copy.isWriteThrough());
        }
        return copy;
    }

    @Override
    public <K, V> @Nullable Cache<K, V> getCache(
            String name, Class<K> keyType, Class<V> valueType) {
        Objects.requireNonNull(keyType, "keyType is null");
        Objects.requireNonNull(valueType, "valueType is null");
        DDictCache<?, ?> cache = find(name);
        if (cache == null) {
            return null;
        }
        requireSame("key", cache.configuration().getKeyType(), keyType);
        requireSame("value", cache.configuration().getValueType(), valueType);
        return cast(cache);
    }

    private static void requireSame(String what, Class<?> configured, Class<?> wanted) {
        if (!configured.equals(wanted)) {
            throw new ClassCastException("cache was made with another type: of=" + what + ", type="
                    + configured.getName() + ", wanted=" + wanted.getName());
        }
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // As JSR 107 has it.
    public <K, V> @Nullable Cache<K, V> getCache(String name) {
        return cast(find(name));
    }

    @SuppressWarnings("unchecked") // The types are compared before, or the caller's own risk.
    private static <K, V> @Nullable Cache<K, V> cast(@Nullable DDictCache<?, ?> cache) {
        return (Cache<K, V>) cache;
    }

    /** Names of the caches that this manager made, or found. */
    @Override
    public synchronized Iterable<String> getCacheNames() {
        requireOpen();
        return List.copyOf(caches.keySet());
    }

    /** Ends a cache for all processes; nothing happens if this manager has none of the name. */
    @Override
    public void destroyCache(String name) {
        DDictCache<?, ?> cache = find(name);
        if (cache != null) {
            cache.destroy();
        }
    }

    @Override
    public void enableManagement(String name, boolean enabled) {
        DDictCache<?, ?> cache = find(name);
        if (cache != null) {
            cache.enableManagement(enabled);
        }
    }

    @Override
    public void enableStatistics(String name, boolean enabled) {
        DDictCache<?, ?> cache = find(name);
        if (cache != null) {
            cache.enableStatistics(enabled);
        }
    }

    private synchronized @Nullable DDictCache<?, ?> find(String name) {
        requireOpen();
        return caches.get(Objects.requireNonNull(name, "name is null"));
    }

    /** Forgets a cache that is being closed. */
    synchronized void release(DDictCache<?, ?> cache) {
        caches.remove(cache.getName(), cache);
    }

    @Override
    public synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        List<DDictCache<?, ?>> open;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(caches.values());
        }
        provider.release(this, loader);
        Closing closing = new Closing();
        open.forEach(cache -> closing.close(cache::close));
        if (cluster != null) {
            closing.close(cluster::close);
        }
        closing.end();
    }

    /** Unwraps to this class's interfaces; and to the {@link Cluster} that a URI names. */
    @Override
    public <T> T unwrap(Class<T> type) {
        return cluster == null
                ? Unwrapping.unwrap(type, this)
                : Unwrapping.unwrap(type, this, cluster);
    }

    @Override
    public String toString() {
        return "cache manager of " + uri;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("cache manager is closed: uri=" + uri);
        }
    }
}
