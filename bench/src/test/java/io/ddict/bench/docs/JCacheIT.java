package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.DDict;
import io.ddict.jcache.DDictCachingProvider;
import java.net.URI;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The snippets of docs/jcache.md, run; {@link DocsTest} compares them with the page. */
class JCacheIT {
    private static final String PROVIDER = Caching.JAVAX_CACHE_CACHING_PROVIDER;

    // Peers bring providers of their own.
    @BeforeEach
    void chooseProvider() {
        System.setProperty(PROVIDER, DDictCachingProvider.class.getName());
    }

    @AfterEach
    void closeCaches() {
        Caching.getCachingProvider().close();
        System.clearProperty(PROVIDER);
    }

    @Test
    void keepsACacheWithoutAServer() {
        // snippet: jcache
        CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(); // a node service of this program's own
        Cache<String, Integer> visits = manager.createCache("visits",
                new MutableConfiguration<String, Integer>()
                        .setTypes(String.class, Integer.class)
                        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(Duration.ONE_HOUR)));
        visits.put("Ada", 1);
        visits.invoke("Ada", (entry, arguments) -> {
            entry.setValue(entry.getValue() + 1); // atomic, for all processes
            return null;
        });
        Integer count = visits.get("Ada"); // 2
        // end
        assertThat(count).isEqualTo(2);
    }

    @Test
    void keepsACacheInACluster() {
        CachingProvider provider = Caching.getCachingProvider();
        try (DDict<String, String> any = DDict.create()) {
            String cluster = any.serialize().split(":", -1)[2];
            // snippet: jcache-shared
            URI uri = URI.create("ddict:" + cluster + "?totalMemory=16MiB");
            CacheManager shared = provider.getCacheManager(uri, null);
            Cache<String, String> names = shared.createCache("names", new MutableConfiguration<>());
            boolean first = names.putIfAbsent("boss", "Grace"); // only one of all processes gets true
            // end
            assertThat(first).isTrue();
            shared.destroyCache("names");
            any.destroy();
        }
    }
}
