package io.ddict.store.pool;

/*
 * Lengths that small records are rounded up to: steps of 16 bytes up to 256, then eight steps in
 * each doubling. Waste is at most 16 bytes, or an eighth of the record: 6 % on average.
 *
 *   classes  0 .. 15: 16, 32 .. 256;  16 .. 23: 288 .. 512;  24 .. 31: 576 .. 1024;
 *           32 .. 39: 1152 .. 2048;   40 .. 47: 2304 .. 4096; 48: 4608
 */

/** The size classes of small records. */
public final class SizeClasses {
    /** How many there are. */
    public static final int COUNT = 49;

    private static final int LINEAR_LENGTH_MAX = 256;
    private static final int LINEAR_COUNT = 16;

    private SizeClasses() {}

    /** The class for a record's length; the length is at most {@code length(COUNT - 1)}. */
    public static int ofLength(long length) {
        if (length <= LINEAR_LENGTH_MAX) {
            return (int) ((length - 1) >>> 4);
        }
        int doubling = 63 - Long.numberOfLeadingZeros(length - 1) - 8;
        int step = (int) ((length - 1) >>> (doubling + 5)) & 7;
        return LINEAR_COUNT + doubling * 8 + step;
    }

    /** Bytes that a record of the class takes. */
    public static int length(int sizeClass) {
        if (sizeClass < LINEAR_COUNT) {
            return (sizeClass + 1) << 4;
        }
        int doubling = (sizeClass - LINEAR_COUNT) >>> 3;
        int step = (sizeClass - LINEAR_COUNT) & 7;
        return (LINEAR_LENGTH_MAX << doubling) + ((step + 1) << (doubling + 5));
    }

    /** Whether a key and value of these lengths make a small record, else a block. */
    public static boolean isSmall(int keyLength, long valueLength) {
        return keyLength + valueLength <= PoolGeometry.INLINE_LENGTH_MAX;
    }

    /** The bit of a record's class among those of what there is no room for; 0 if it has a block. */
    public static long bit(int keyLength, long valueLength) {
        return isSmall(keyLength, valueLength)
                ? 1L << ofLength(RecordLayout.length(keyLength, valueLength))
                : 0;
    }
}
