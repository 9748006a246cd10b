package io.ddict.store.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.TestRandom;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
    private final MemoryRegion region =
            new MemoryRegion(Arena.ofAuto().allocate(3L * LatencyHistogram.LENGTH, 8));
    private final LatencyHistogram histogram = new LatencyHistogram(region, 64);

    @Test
    void countsEachTimeInABucketThatIsAQuarterAtMostAboveIt() {
        for (long ns = 64; ns < 8_000_000_000L; ns += 1 + ns / 37) {
            int bucket = LatencyHistogram.bucket(ns);
            assertThat(LatencyHistogram.upperNs(bucket)).isBetween(ns, ns + ns / 4);
            assertThat(LatencyHistogram.upperNs(bucket - 1)).isLessThan(ns);
        }
    }

    @Test
    void hasABucketForEveryTime() {
        for (long ns : new long[]{Long.MIN_VALUE, -1, 0, 1, 63}) {
            assertThat(LatencyHistogram.bucket(ns)).isZero();
        }
        assertThat(LatencyHistogram.bucket(64)).isEqualTo(1);
        assertThat(LatencyHistogram.bucket(Long.MAX_VALUE))
                .isEqualTo(LatencyHistogram.BUCKETS - 1);
        assertThat(LatencyHistogram.upperNs(LatencyHistogram.BUCKETS - 1))
                .isGreaterThan(8_000_000_000L);
    }

    @Test
    void keepsKindsApartAndAddsUp() {
        Random random = TestRandom.random();
        LatencyHistogram other = new LatencyHistogram(region, 64 + LatencyHistogram.LENGTH);
        long[] expected = new long[CallKind.values().length];
        for (int i = 0; i < 10_000; i++) {
            CallKind kind = CallKind.values()[random.nextInt(expected.length)];
            (random.nextBoolean() ? histogram : other)
                    .record(kind, random.nextLong(1L << random.nextInt(1, 40)));
            expected[kind.ordinal()]++;
        }
        histogram.addAll(other);
        for (CallKind kind : CallKind.values()) {
            long count = 0;
            for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
                count += histogram.count(kind, bucket);
            }
            assertThat(count).isEqualTo(expected[kind.ordinal()]);
        }
    }
}
