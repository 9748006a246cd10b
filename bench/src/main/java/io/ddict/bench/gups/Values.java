package io.ddict.bench.gups;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/*
 * The value of key i when it is written for the v-th time: one of a few arrays of random bytes that
 * all clients make from the same seed, chosen by i + v, with the stamp (i and v) in its first and
 * last eight bytes. Making one costs two stores, whatever its length. Two values that follow each
 * other under one key differ in nearly every byte, so a torn value is seen by comparing all of it;
 * in the timed loops only the stamps are looked at.
 *
 *   stamp:  key number (39 bits) | version (24), so never negative
 */

/** Makes the values of a benchmark and knows them again. One thread. */
public final class Values {
    /** Versions wrap around above this. */
    static final int VERSION_MASK = (1 << 24) - 1;

    private static final int VERSION_BITS = 24;
    private static final int TEMPLATES = 4;
    // Four long ones would take more heap than the values in flight.
    private static final int TEMPLATES_LONG = 2;
    private static final int LONG_LENGTH = 8 << 20;
    private static final long SEED = 0x5EED;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[][] templates;
    private final int valueLength;

    /** Makes the random bytes. */
    public Values(int valueLength) {
        this.valueLength = valueLength;
        this.templates =
                new byte[valueLength < LONG_LENGTH ? TEMPLATES : TEMPLATES_LONG][valueLength];
        Random random = new Random(SEED + valueLength);
        for (byte[] template : templates) {
            random.nextBytes(template);
        }
    }

    /** A value, until the next call; the caller must not change it. */
    public byte[] of(long index, int version) {
        byte[] value = templates[(int) ((index + version) % templates.length)];
        long stamp = stamp(index, version);
        LONG.set(value, 0, stamp);
        LONG.set(value, valueLength - Long.BYTES, stamp);
        return value;
    }

    /** Checks length and stamps of what was got for a key, whichever version it is. */
    public void check(long index, byte[] value, int length) {
        long first = (long) LONG.get(value, 0);
        if (length != valueLength
                || first >>> VERSION_BITS != index
                || first != (long) LONG.get(value, valueLength - Long.BYTES)) {
            throw wrong(index, length, first);
        }
    }

    /** Checks the stamp that was read in place. */
    public void checkStamp(long index, long stamp) {
        if (stamp < 0 || stamp >>> VERSION_BITS != index) {
            throw wrong(index, valueLength, stamp);
        }
    }

    /** Checks every byte of what was got for a key. */
    public void checkAll(long index, int version, byte[] value, int length) {
        byte[] expected = of(index, version);
        int mismatch = Arrays.mismatch(expected, 0, valueLength, value, 0, Math.max(length, 0));
        if (mismatch >= 0) {
            throw new WrongContentException(
                    "wrong byte: key=" + index + ", version=" + version + ", offset=" + mismatch
                            + "B, length=" + length + "B, expectedLength=" + valueLength
                            + "B, firstStamp=" + Long.toHexString((long) LONG.get(value, 0)));
        }
    }

    private static long stamp(long index, int version) {
        return index << VERSION_BITS | version & VERSION_MASK;
    }

    private WrongContentException wrong(long index, int length, long stamp) {
        return new WrongContentException(
                "wrong stamp: key=" + index + ", length=" + length + "B, expectedLength="
                        + valueLength + "B, stamp=" + Long.toHexString(stamp));
    }
}
