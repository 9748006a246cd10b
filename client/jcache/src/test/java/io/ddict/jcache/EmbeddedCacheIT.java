package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.Cluster;
import java.util.List;
import javax.cache.Cache;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Caches of a program that has no cluster. */
@ExtendWith(NoCachesLeft.class)
class EmbeddedCacheIT {
    /** What a newcomer writes. */
    static final class Newcomer {
        private Newcomer() {}

        public static void main(String[] arguments) {
            Cache<String, Integer> cache = Caching.getCachingProvider()
                    .getCacheManager()
                    .createCache("x", new MutableConfiguration<>());
            cache.put("key", 42);
            System.out.println(cache.get("key"));
        }
    }

    @Test
    void worksWithoutServerAndFlags() throws Exception {
        List<String> output = ClientProcess.start(Newcomer.class).awaitEnd();
        assertThat(output).containsExactly("42");
    }

    @Test
    void endsAltogetherWhenItIsClosed() {
        Cache<String, Integer> cache = Caching.getCachingProvider()
                .getCacheManager()
                .createCache("brief", new MutableConfiguration<>());
        cache.put("key", 1);
        try (Cluster cluster = Cluster.connect(TestCluster.name())) {
            assertThat(cluster.dictionaries()).anyMatch(name -> name.endsWith(".brief"));
            cache.close();
            assertThat(cluster.dictionaries()).noneMatch(name -> name.endsWith(".brief"));
        }
        Cache<String, Integer> again = Caching.getCachingProvider()
                .getCacheManager()
                .createCache("brief", new MutableConfiguration<>());
        assertThat(again.get("key")).isNull();
    }
}
