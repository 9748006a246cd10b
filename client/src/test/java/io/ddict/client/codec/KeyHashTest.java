package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    private static final long SEED = 0x5EED;
    private static final int KEYS = 1 << 20;
    private static final int BUCKETS = 1 << 16;

    private final Codecs codecs = Codecs.standard();
    private final KeyBytes key = new KeyBytes();

    private long hash(Object value, long seed) {
        codecs.encodeKey(value, key);
        return key.hash(seed);
    }

    // A stored dictionary finds its keys by these, so no release may change them.
    @Test
    void staysTheSameForEver() {
        assertThat(new long[]{hash("row-1", 0), hash(1L, 7), hash(new byte[128], -1), hash("", 0)})
                .containsExactly(
                        -2167765009811024614L, 1488114534204037025L, 7277800706923584116L,
                        4563887194721891716L);
    }

    @Test
    void dependsOnTagAndSeed() {
        byte[] one = {1, 0, 0, 0, 0, 0, 0, 0};

        assertThat(hash(1L, SEED)).isNotEqualTo(hash(one, SEED)).isNotEqualTo(hash(1L, SEED + 1));
        assertThat(hash(1L, SEED)).isEqualTo(hash(1L, SEED));
    }

    @Test
    void flipsHalfItsBitsForEveryBitOfTheKey() {
        Random random = Samples.random(KeyHashTest.class);
        int samples = 2000;
        for (int length : new int[]{1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 128, 300}) {
            for (int bit = 0; bit < 8 * length; bit += Math.max(1, length / 4)) {
                int[] flips = new int[Long.SIZE];
                for (int i = 0; i < samples; i++) {
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    // Under a seed each, for there are too few keys of one byte.
                    long before = hash(bytes, i);
                    bytes[bit / 8] ^= (byte) (1 << bit % 8);
                    count(before ^ hash(bytes, i), flips);
                }
                assertHalf(flips, samples, "length=" + length + ", bit=" + bit);
            }
        }
    }

    @Test
    void flipsHalfItsBitsForEveryBitOfTheSeed() {
        int samples = 2000;
        for (int bit = 0; bit < Long.SIZE; bit++) {
            int[] flips = new int[Long.SIZE];
            for (long i = 0; i < samples; i++) {
                count(hash(i, i) ^ hash(i, i ^ 1L << bit), flips);
            }
            assertHalf(flips, samples, "seedBit=" + bit);
        }
    }

    private static void count(long flipped, int[] flips) {
        for (int i = 0; i < Long.SIZE; i++) {
            flips[i] += (int) (flipped >>> i & 1);
        }
    }

    // 6.5 standard deviations: of some 30,000 counts, one in 400,000 runs has a worse one by chance.
    private static void assertHalf(int[] flips, int samples, String where) {
        int margin = (int) (6.5 * Math.sqrt(samples) / 2);
        for (int flip : flips) {
            assertThat(flip).as(where).isBetween(samples / 2 - margin, samples / 2 + margin);
        }
    }

    @Test
    void spreadsCountedNumbersOverBuckets() {
        assertSpread(i -> (long) i);
    }

    @Test
    void spreadsMultiplesOverBuckets() {
        assertSpread(i -> (long) i << 32);
    }

    @Test
    void spreadsNumberedNamesOverBuckets() {
        assertSpread(i -> "row-" + i);
    }

    // Every 16 bits of the hash must serve as a bucket number: chi-square has mean 65,535 and
    // deviation 362.
    private void assertSpread(IntFunction<Object> keys) {
        int[][] counts = new int[4][BUCKETS];
        for (int i = 0; i < KEYS; i++) {
            long hash = hash(keys.apply(i), SEED);
            for (int part = 0; part < counts.length; part++) {
                counts[part][(int) (hash >>> 16 * part) & BUCKETS - 1]++;
            }
        }
        double expected = (double) KEYS / BUCKETS;
        for (int[] part : counts) {
            double chiSquare = 0;
            for (int count : part) {
                chiSquare += (count - expected) * (count - expected) / expected;
            }
            assertThat(chiSquare).isBetween(BUCKETS - 6 * 362.0, BUCKETS + 6 * 362.0);
        }
    }
}
