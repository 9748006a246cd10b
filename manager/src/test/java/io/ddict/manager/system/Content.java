package io.ddict.manager.system;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/*
 * Values are cut out of one table of random bytes, repeated as often as it takes: that is fast enough
 * for values of 256 MiB, and any two values of a few bytes or more differ nearly everywhere.
 */

/** Content of values, made again from a seed and a length. */
final class Content {
    /** Bytes of the seed and length that stand before the content of a sealed value. */
    static final int SEAL_LENGTH = 2 * Long.BYTES;

    private static final int TABLE_LENGTH = 1 << 20;
    private static final MemorySegment TABLE = table();

    private Content() {}

    /** So many bytes of the seed's. */
    static byte[] of(long seed, int length) {
        byte[] bytes = new byte[length];
        fill(seed, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Fills a segment with bytes of the seed's. */
    static void fill(long seed, MemorySegment target) {
        long start = start(seed);
        for (long at = 0; at < target.byteSize(); at += TABLE_LENGTH) {
            long length = Math.min(TABLE_LENGTH, target.byteSize() - at);
            MemorySegment.copy(TABLE, start, target, at, length);
        }
    }

    /** Whether a segment holds what {@link #fill} puts there. */
    static boolean isOf(long seed, MemorySegment bytes) {
        long start = start(seed);
        boolean equal = true;
        for (long at = 0; at < bytes.byteSize() && equal; at += TABLE_LENGTH) {
            long length = Math.min(TABLE_LENGTH, bytes.byteSize() - at);
            equal = MemorySegment.mismatch(TABLE, start, start + length, bytes, at, at + length)
                    == -1;
        }
        return equal;
    }

    /** A value that tells its own seed and length; at least {@link #SEAL_LENGTH} long. */
    static byte[] sealed(long seed, int length) {
        byte[] bytes = of(seed, length);
        MemorySegment segment = MemorySegment.ofArray(bytes);
        segment.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, seed);
        segment.set(ValueLayout.JAVA_LONG_UNALIGNED, Long.BYTES, length);
        return bytes;
    }

    /** The seed of a sealed value. */
    static long seed(byte[] sealed) {
        return MemorySegment.ofArray(sealed).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }

    /** Whether a sealed value is whole and of this seed. */
    static boolean isSealed(MemorySegment sealed, long seed) {
        return sealed.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) == seed && isWhole(sealed);
    }

    /** Whether a sealed value is whole: of one seed, and as long as it says. */
    static boolean isWhole(MemorySegment sealed) {
        if (sealed.byteSize() < SEAL_LENGTH
                || sealed.get(ValueLayout.JAVA_LONG_UNALIGNED, Long.BYTES) != sealed.byteSize()) {
            return false;
        }
        long seed = sealed.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        MemorySegment expected = MemorySegment.ofArray(of(seed, (int) sealed.byteSize()));
        return MemorySegment.mismatch(
                expected, SEAL_LENGTH, expected.byteSize(), sealed, SEAL_LENGTH, sealed.byteSize())
                == -1;
    }

    private static long start(long seed) {
        return seed * 0x9E3779B97F4A7C15L >>> 44;
    }

    private static MemorySegment table() {
        byte[] bytes = new byte[2 * TABLE_LENGTH];
        byte[] once = new byte[TABLE_LENGTH];
        new SplittableRandom(1).nextBytes(once);
        System.arraycopy(once, 0, bytes, 0, TABLE_LENGTH);
        System.arraycopy(once, 0, bytes, TABLE_LENGTH, TABLE_LENGTH);
        return MemorySegment.ofArray(bytes);
    }
}
