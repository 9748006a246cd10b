package io.ddict.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDict;
import io.ddict.client.DDictFullException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What lies in a cache's memory when entries expire, or when there is no more room. */
@ExtendWith(NoCachesLeft.class)
class FullCacheIT {
    private static Cache<Integer, byte[]> create(String name, long expiryMs) {
        MutableConfiguration<Integer, byte[]> configuration = new MutableConfiguration<>();
        if (expiryMs > 0) {
            configuration.setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(
                    new Duration(TimeUnit.MILLISECONDS, expiryMs)));
        }
        return create(name, configuration);
    }

    private static Cache<Integer, byte[]> create(
            String name, MutableConfiguration<Integer, byte[]> configuration) {
        URI small = URI.create("ddict:" + TestCluster.name() + "?totalMemory=8MiB");
        return TestCluster.manager(small).createCache(name, configuration);
    }

    private static long stored(Cache<?, ?> cache) {
        return cache.unwrap(DDict.class).size();
    }

    @Test
    void sweepsWhatNobodyAsksFor() {
        Cache<Integer, byte[]> cache = create("swept", 1);
        for (int key = 0; key < 20_000; key++) {
            cache.put(key, new byte[8]);
        }
        // All but the last millisecond's have expired; unswept there would be all.
        assertThat(stored(cache)).isLessThan(2_000);
    }

    @Test
    void makesRoomOfWhatHasExpired() {
        Cache<Integer, byte[]> cache = create("room", 200);
        int fitting = fill(cache);
        // The sweep that comes with each put is too slow for these, as they are few and large.
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        int stored = 0;
        while (stored < 3 * fitting) {
            assertThat(System.nanoTime()).isLessThan(endNs);
            try {
                cache.put(1_000 + stored, new byte[500_000]);
                stored++;
            } catch (CacheException e) {
                // Not yet: what is there has some time to live.
                assertThat(e).hasCauseInstanceOf(DDictFullException.class);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFitAndKeepsWhatIsThere() {
        Cache<Integer, byte[]> cache = create("full", 0);
        int fitting = fill(cache);
        assertThat(fitting).isGreaterThan(2);
        assertThatThrownBy(() -> cache.put(0, new byte[5_000_000]))
                .isInstanceOf(CacheException.class)
                .hasCauseInstanceOf(DDictFullException.class);
        for (int key = 0; key < fitting; key++) {
            assertThat(cache.get(key)).hasSize(500_000);
        }
        cache.removeAll();
        assertThat(stored(cache)).isZero();
    }

    @Test
    void canBeReadWhenThereIsNoRoomForALongerLife() {
        Cache<Integer, byte[]> cache = create("touched", new MutableConfiguration<Integer, byte[]>()
                .setExpiryPolicyFactory(TouchedExpiryPolicy.factoryOf(Duration.ONE_HOUR)));
        int fitting = fill(cache);
        for (int key = 0; key < fitting; key++) {
            assertThat(cache.get(key)).hasSize(500_000);
        }
    }

    /** Puts until no more fits; returns how many did. */
    private static int fill(Cache<Integer, byte[]> cache) {
        for (int key = 0;; key++) {
            try {
                cache.put(key, new byte[500_000]);
            } catch (CacheException e) {
                assertThat(e).hasCauseInstanceOf(DDictFullException.class);
                return key;
            }
        }
    }
}
