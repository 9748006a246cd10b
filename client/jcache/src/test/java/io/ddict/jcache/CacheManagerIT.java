package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Cluster;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.integration.CacheLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the compatibility kit leaves to the provider. */
@ExtendWith(NoCachesLeft.class)
class CacheManagerIT {
    @Test
    void refusesToStoreByReference() {
        assertThatThrownBy(() -> TestCluster.manager().createCache("x",
                new MutableConfiguration<>().setStoreByValue(false)))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void refusesToReadThroughWithoutALoader() {
        assertThatThrownBy(() -> TestCluster.manager().createCache("x",
                new MutableConfiguration<>().setReadThrough(true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("readThrough=true");
    }

    @Test
    void leavesNothingBehindWhenAFactoryFails() {
        CacheManager manager = TestCluster.manager();
        assertThatThrownBy(() -> manager.createCache("x",
                new MutableConfiguration<>().setCacheLoaderFactory(() -> {
                    throw new IllegalStateException("no loader today");
                })))
                .hasMessage("no loader today");
        assertThat(manager.getCacheNames()).isEmpty();
        assertThat(manager.createCache("x", new MutableConfiguration<>())).isNotNull();
    }

    /** Fails to close. */
    private static final class Stubborn implements CacheLoader<String, String>, Closeable {
        @Override
        public String load(String key) {
            return key;
        }

        @Override
        public Map<String, String> loadAll(Iterable<? extends String> keys) {
            throw new IllegalStateException("not all");
        }

        @Override
        public void close() {
            throw new IllegalStateException("not now");
        }
    }

    private static MutableConfiguration<String, String> stubborn() {
        return new MutableConfiguration<String, String>()
                .setCacheLoaderFactory(() -> new Stubborn())
                .setReadThrough(true);
    }

    @Test
    void closesEverythingAlthoughSomethingFails() {
        CacheManager manager = TestCluster.manager();
        Cache<String, String> one = manager.createCache("one", stubborn());
        Cache<String, String> other = manager.createCache("other", stubborn());
        assertThatThrownBy(manager::close).isInstanceOf(CacheException.class)
                .hasMessageContaining("not now");
        assertThat(List.of(one, other)).allMatch(Cache::isClosed);
        assertThat(manager.isClosed()).isTrue();
        manager.close();
    }

    @Test
    void readsThroughToTheLoader() {
        Cache<String, String> cache = TestCluster.manager().createCache("loading", stubborn());
        assertThat(cache.containsKey("key")).isFalse();
        assertThat(cache.getAll(Set.of("key", "other"))).hasSize(2);
        assertThat(cache.containsKey("key")).isTrue();
        assertThatThrownBy(cache::close).isInstanceOf(CacheException.class);
    }

    /** Hears of what is made. */
    private static final class Hearing implements CacheEntryCreatedListener<Integer, String> {
        private final List<Integer> keys = new ArrayList<>();
        private final CountDownLatch heard = new CountDownLatch(100);

        @Override
        public void onCreated(
                Iterable<CacheEntryEvent<? extends Integer, ? extends String>> events) {
            events.forEach(event -> {
                keys.add(event.getKey());
                heard.countDown();
            });
        }
    }

    @Test
    void tellsAsynchronousListenersInOrder() throws Exception {
        Hearing hearing = new Hearing();
        Cache<Integer, String> cache = TestCluster.manager().createCache("heard",
                new MutableConfiguration<Integer, String>().addCacheEntryListenerConfiguration(
                        new MutableCacheEntryListenerConfiguration<>(
                                new Sole<>(hearing), null, false, false)));
        for (int key = 0; key < 100; key++) {
            cache.put(key, "value");
        }
        assertThat(hearing.heard.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(hearing.keys).isSorted().hasSize(100);
    }

    /** Makes one and the same. */
    private record Sole<T>(T made) implements Factory<T> {
        @Override
        public T create() {
            return made;
        }
    }

    @Test
    void unwrapsToWhatLiesBehind() {
        CacheManager manager = TestCluster.manager();
        assertThat(manager.unwrap(Cluster.class).name()).isEqualTo(TestCluster.name());
        assertThatThrownBy(() -> manager.unwrap(String.class))
                .isInstanceOf(IllegalArgumentException.class);
        Cache<String, String> cache = manager.createCache("arrays",
                new MutableConfiguration<String, String>()
                        .setExpiryPolicyFactory(EternalExpiryPolicy.factoryOf()));
        assertThat((Object) cache.unwrap(Cache.class)).isSameAs(cache);
    }

    @Test
    void comparesArraysByTheirElements() {
        Cache<String, byte[]> cache =
                TestCluster.manager().createCache("arrays", new MutableConfiguration<>());
        cache.put("key", new byte[]{1, 2});
        assertThat(cache.replace("key", new byte[]{1, 3}, new byte[]{4})).isFalse();
        assertThat(cache.replace("key", new byte[]{1, 2}, new byte[]{4})).isTrue();
        assertThat(cache.remove("key", new byte[]{4})).isTrue();
    }
}
