package io.ddict.client.codec;

import java.util.Arrays;

/**
 * A growing heap array in which a codec leaves bytes between {@link Codec#prepare} and
 * {@link Codec#write}. Belongs to one thread at a time.
 */
public final class Scratch {
    // What a thread may keep for good; only objects larger than this are encoded anew each time.
    private static final int RETAINED_CAPACITY_MAX = 1 << 20;
    private static final int CAPACITY_MIN = 64;
    private static final int CAPACITY_MAX = Integer.MAX_VALUE - 8;

    private byte[] array;
    private int length;

    /** An empty scratch. */
    public Scratch() {
        array = new byte[CAPACITY_MIN];
    }

    /** The array as it is now; {@link #ensure} and codecs may replace it. */
    public byte[] array() {
        return array;
    }

    /** How many bytes from the array's start are in use. */
    public int length() {
        return length;
    }

    /**
     * Says how many bytes are in use.
     *
     * @param length at most the array's length
     */
    public void length(int length) {
        if (length < 0 || length > array.length) {
            throw new IllegalArgumentException(
                    "length outside scratch: length=" + length + "B, capacity=" + array.length
                            + "B");
        }
        this.length = length;
    }

    /**
     * Makes the array at least so long, keeping its content.
     *
     * @param capacity in bytes
     * @return the array, new if it had to grow
     */
    public byte[] ensure(int capacity) {
        if (capacity > array.length) {
            long doubled = Math.min(2L * array.length, CAPACITY_MAX);
            array = Arrays.copyOf(array, (int) Math.max(capacity, doubled));
        }
        return array;
    }

    /**
     * Gives back an array above 1 MiB. Call it after writing, so that one huge value is not kept
     * for ever.
     */
    public void trim() {
        if (array.length > RETAINED_CAPACITY_MAX) {
            array = new byte[CAPACITY_MIN];
            length = 0;
        }
    }

    /** Takes an array that an encoder grew by itself. */
    void adopt(byte[] grown, int length) {
        array = grown;
        this.length = length;
    }
}
