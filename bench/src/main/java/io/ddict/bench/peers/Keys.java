package io.ddict.bench.peers;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Random;

/*
 * Key number i: 112 printable bytes that are the same in every key, then i in base 16, as letters
 * 'A' to 'P'. The number comes last, so that comparing two keys reads all of them, and making a key
 * costs two stores, so that the loop around an operation stays much cheaper than the operation.
 */

/** Makes the 128-byte keys of a benchmark in one array, over and over. One thread. */
public final class Keys {
    /** Bytes of a key. */
    public static final int LENGTH = 128;

    private static final int HIGH_OFFSET = 112;
    private static final int LOW_OFFSET = 120;
    private static final long NIBBLES = 0x0F0F_0F0F_0F0F_0F0FL;
    private static final long LETTERS = 0x4141_4141_4141_4141L;
    private static final long SEED = 42;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] key = new byte[LENGTH];

    /** Makes the part that all keys have. */
    public Keys() {
        Random random = new Random(SEED);
        for (int i = 0; i < HIGH_OFFSET; i++) {
            key[i] = (byte) ('a' + random.nextInt(26));
        }
    }

    /** The key of a number, until the next call; the caller must not keep the array. */
    public byte[] of(long index) {
        LONG.set(key, HIGH_OFFSET, letters(index >>> 32));
        LONG.set(key, LOW_OFFSET, letters(index & 0xFFFF_FFFFL));
        return key;
    }

    /** The number of a key. */
    public static long index(byte[] key) {
        return number((long) LONG.get(key, HIGH_OFFSET)) << 32
                | number((long) LONG.get(key, LOW_OFFSET));
    }

    private static long letters(long number) {
        return Long.expand(number, NIBBLES) + LETTERS;
    }

    private static long number(long letters) {
        return Long.compress(letters - LETTERS, NIBBLES);
    }
}
