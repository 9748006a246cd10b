package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DestroyedException;
import java.io.Serializable;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Caches that several processes use. */
@ExtendWith(NoCachesLeft.class)
class SharedCacheIT {
    private static final int THREADS = 4;
    private static final int INCREMENTS = 2_000;
    private static final int EXPIRY_MS = 4_000;

    record Point(int x, int y) implements Serializable {}

    /** Reads what the test put, and puts something for it. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] arguments) {
            Cache<Object, Object> cache = TestCluster.manager(URI.create(arguments[0]))
                    .createCache("shared", new MutableConfiguration<>());
            System.out.println(cache.get("text"));
            System.out.println(cache.get(7L));
            System.out.println(cache.get(new Point(1, 2)));
            System.out.println(((byte[]) cache.get("bytes")).length);
            cache.put("answer", List.of("from", "there"));
        }
    }

    @Test
    void hasTheSameEntriesInAllProcesses() throws Exception {
        Cache<Object, Object> cache =
                TestCluster.manager().createCache("shared", new MutableConfiguration<>());
        cache.put("text", "value");
        cache.put(7L, 8.5);
        cache.put(new Point(1, 2), new Point(3, 4));
        cache.put("bytes", new byte[100_000]);

        List<String> read = ClientProcess.start(Reader.class, TestCluster.uri().toString())
                .awaitEnd();

        assertThat(read).containsExactly("value", "8.5", "Point[x=3, y=4]", "100000");
        assertThat(cache.get("answer")).isEqualTo(List.of("from", "there"));
    }

    /** Counts in several threads, by an entry processor. */
    static final class Counter {
        private Counter() {}

        public static void main(String[] arguments) throws Exception {
            Cache<String, Long> cache = TestCluster.manager(URI.create(arguments[0]))
                    .createCache("counters", new MutableConfiguration<>());
            List<Future<?>> done = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                for (int thread = 0; thread < THREADS; thread++) {
                    done.add(threads.submit(() -> count(cache)));
                }
            }
            for (Future<?> each : done) {
                each.get();
            }
        }

        private static void count(Cache<String, Long> cache) {
            for (int i = 0; i < INCREMENTS; i++) {
                cache.<Void>invoke("counter", (entry, none) -> {
                    entry.setValue(entry.exists() ? entry.getValue() + 1 : 1);
                    return null;
                });
            }
        }
    }

    @Test
    void invokesAtomicallyAcrossProcesses() throws Exception {
        List<ClientProcess> counters = List.of(
                ClientProcess.start(Counter.class, TestCluster.uri().toString()),
                ClientProcess.start(Counter.class, TestCluster.uri().toString()));
        for (ClientProcess counter : counters) {
            counter.awaitEnd();
        }
        Cache<String, Long> cache =
                TestCluster.manager().createCache("counters", new MutableConfiguration<>());
        assertThat(cache.get("counter")).isEqualTo(2L * THREADS * INCREMENTS);
    }

    @Test
    void isMadeOnceHoweverManyMakeItAtOnce() throws Exception {
        List<ClientProcess> counters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            counters.add(ClientProcess.start(Creator.class, TestCluster.uri().toString()));
        }
        for (ClientProcess counter : counters) {
            counter.awaitEnd();
        }
        try (Cluster cluster = Cluster.connect(TestCluster.name())) {
            assertThat(cluster.dictionaries()).hasSize(Creator.CACHES)
                    .contains("jcache.race-0");
        }
    }

    /** Makes the same caches as others do. */
    static final class Creator {
        static final int CACHES = 8;

        private Creator() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < CACHES; i++) {
                TestCluster.manager(URI.create(arguments[0]))
                        .createCache("race-" + i, new MutableConfiguration<>());
            }
        }
    }

    /** Sees an entry of the test's, and that it expires. */
    static final class Onlooker {
        private Onlooker() {}

        public static void main(String[] arguments) {
            Cache<String, String> cache = TestCluster.manager(URI.create(arguments[0]))
                    .createCache("expiring", new MutableConfiguration<>());
            // The entry is there once this process is ready for it.
            cache.put("ready", "yes");
            String seen = cache.get("brief");
            while (seen == null) {
                seen = cache.get("brief");
            }
            long seenMs = System.currentTimeMillis();
            while (cache.containsKey("brief")) {
                Thread.onSpinWait();
            }
            System.out.println(seen);
            System.out.println(System.currentTimeMillis() - seenMs <= 2 * EXPIRY_MS);
            System.out.println(cache.get("brief"));
        }
    }

    @Test
    void expiresForAllProcessesAtOnce() throws Exception {
        Cache<String, String> cache = TestCluster.manager().createCache("expiring",
                new MutableConfiguration<String, String>().setExpiryPolicyFactory(
                        CreatedExpiryPolicy.factoryOf(
                                new Duration(TimeUnit.MILLISECONDS, EXPIRY_MS))));
        ClientProcess onlooker =
                ClientProcess.start(Onlooker.class, TestCluster.uri().toString());
        onlooker.await(() -> cache.containsKey("ready"));
        cache.put("brief", "here");
        assertThat(onlooker.awaitEnd()).containsExactly("here", "true", "null");
        assertThat(cache.get("brief")).isNull();
        // It was removed by who met it, so nothing is left in memory but what does not expire.
        assertThat(cache.unwrap(DDict.class).size()).isEqualTo(1);
    }

    @Test
    void keepsEntriesWhenItIsClosed() {
        Cache<String, Integer> cache =
                TestCluster.manager().createCache("kept", new MutableConfiguration<>());
        cache.put("key", 1);
        cache.close();
        Cache<String, Integer> again =
                TestCluster.manager().createCache("kept", new MutableConfiguration<>());
        assertThat(again.get("key")).isEqualTo(1);
    }

    @Test
    void endsForAllWhenItIsDestroyed() {
        Cache<String, Integer> cache =
                TestCluster.manager().createCache("ending", new MutableConfiguration<>());
        Cache<String, Integer> other =
                TestCluster.manager(URI.create("ddict:" + TestCluster.name()))
                        .createCache("ending", new MutableConfiguration<>());
        cache.put("key", 1);
        Iterator<Cache.Entry<String, Integer>> entries = other.iterator();
        assertThat(other.get("key")).isEqualTo(1);
        TestCluster.manager().destroyCache("ending");
        assertThatThrownBy(() -> other.get("key")).isInstanceOf(CacheException.class)
                .hasCauseInstanceOf(DestroyedException.class);
        assertThatThrownBy(entries::hasNext).isInstanceOf(CacheException.class);
        assertThatThrownBy(() -> cache.get("key")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sweepsWhatThisProcessCannotRead() {
        MutableConfiguration<Object, Object> brief = new MutableConfiguration<>()
                .setExpiryPolicyFactory(
                        CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MILLISECONDS, 1)));
        Cache<Object, Object> cache = TestCluster.manager().createCache("swept", brief);
        cache.put(new Point(1, 2), new Point(3, 4));
        CacheManager stranger = Caching.getCachingProvider().getCacheManager(
                TestCluster.uri(), ClassLoader.getPlatformClassLoader(), null);
        Cache<Object, Object> other = stranger.createCache("swept", brief);
        for (int key = 0; key < 100; key++) {
            other.put(key, key);
        }
        assertThat(contains(cache, new Point(1, 2))).isFalse();
    }

    @SuppressWarnings("unchecked") // The dictionary of a cache has bytes.
    private static boolean contains(Cache<?, ?> cache, Object key) {
        DDict<byte[], byte[]> dict = cache.unwrap(DDict.class);
        return dict.containsKey(
                new Encoding(null, SharedCacheIT.class.getClassLoader()).encodeKey(key));
    }

    @Test
    void isRefusedWhereTheClusterDoesNotRun() {
        assertThatThrownBy(() -> TestCluster.manager(URI.create("ddict:nobody")))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("cluster of this URI does not answer: uri=ddict:nobody")
                .hasMessageContaining("ddict start");
    }
}
