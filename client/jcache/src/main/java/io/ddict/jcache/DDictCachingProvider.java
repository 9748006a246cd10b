package io.ddict.jcache;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.cache.CacheManager;
import javax.cache.configuration.OptionalFeature;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * The provider that {@code Caching.getCachingProvider()} finds. Its default URI, {@code
 * ddict:embedded}, stands for a node service of this process's own; {@code ddict:NAME} for the
 * running cluster of that name. Settings may follow, such as {@code ddict:main?totalMemory=256MiB}.
 */
public final class DDictCachingProvider implements CachingProvider {
    private static final URI DEFAULT_URI =
            URI.create(ManagerSettings.SCHEME + ":" + ManagerSettings.EMBEDDED);

    private final Map<ClassLoader, Map<URI, DDictCacheManager>> managers = new HashMap<>();

    /** For the service loader. */
    public DDictCachingProvider() {}

    /**
     * The manager of this URI and class loader; made if there is none.
     *
     * @param properties settings, which go before those of the URI; ignored if there is a manager already
     * @throws javax.cache.CacheException if the URI names a cluster that does not run
     * @throws IllegalArgumentException if the URI or a setting is malformed
     */
    @Override
    public synchronized CacheManager getCacheManager(
            @Nullable URI uri, @Nullable ClassLoader classLoader, @Nullable Properties properties) {
        URI chosen = uri == null ? DEFAULT_URI : uri;
        ClassLoader loader = orDefault(classLoader);
        Map<URI, DDictCacheManager> ofLoader = managers.computeIfAbsent(
                loader, each -> new HashMap<>());
        return ofLoader.computeIfAbsent(chosen, each -> new DDictCacheManager(
                this, each, loader, properties == null ? new Properties() : properties));
    }

    @Override
    public CacheManager getCacheManager(@Nullable URI uri, @Nullable ClassLoader classLoader) {
        return getCacheManager(uri, classLoader, null);
    }

    @Override
    public CacheManager getCacheManager() {
        return getCacheManager(null, null, null);
    }

    @Override
    public ClassLoader getDefaultClassLoader() {
        return DDictCachingProvider.class.getClassLoader();
    }

    @Override
    public URI getDefaultURI() {
        return DEFAULT_URI;
    }

    @Override
    public @Nullable Properties getDefaultProperties() {
        return null;
    }

    @Override
    public boolean isSupported(OptionalFeature feature) {
        return false;
    }

    @Override
    public void close() {
        closeAll(known());
    }

    @Override
    public void close(@Nullable ClassLoader classLoader) {
        ClassLoader loader = orDefault(classLoader);
        closeAll(known().stream()
                .filter(manager -> manager.getClassLoader().equals(loader))
                .toList());
    }

    @Override
    public void close(@Nullable URI uri, @Nullable ClassLoader classLoader) {
        ClassLoader loader = orDefault(classLoader);
        URI chosen = uri == null ? DEFAULT_URI : uri;
        closeAll(known().stream()
                .filter(manager -> manager.getClassLoader().equals(loader)
                        && manager.getURI().equals(chosen))
                .toList());
    }

    /** Forgets a manager that is being closed, so that the next one of its URI is new. */
    synchronized void release(DDictCacheManager manager, ClassLoader loader) {
        Map<URI, DDictCacheManager> ofLoader = managers.get(loader);
        if (ofLoader != null && ofLoader.remove(manager.getURI(), manager) && ofLoader.isEmpty()) {
            managers.remove(loader);
        }
    }

    private synchronized List<DDictCacheManager> known() {
        List<DDictCacheManager> all = new ArrayList<>();
        managers.values().forEach(ofLoader -> all.addAll(ofLoader.values()));
        return all;
    }

    // Outside the lock: closing calls code of the user's.
    private static void closeAll(List<DDictCacheManager> managers) {
        Closing closing = new Closing();
        managers.forEach(manager -> closing.close(manager::close));
        closing.end();
    }

    private ClassLoader orDefault(@Nullable ClassLoader classLoader) {
        return classLoader == null ? getDefaultClassLoader() : classLoader;
    }
}
