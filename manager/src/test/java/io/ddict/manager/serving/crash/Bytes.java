package io.ddict.manager.serving.crash;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Bytes of numbers and segments. */
final class Bytes {
    private Bytes() {}

    static byte[] of(long value) {
        byte[] bytes = new byte[Long.BYTES];
        MemorySegment.ofArray(bytes).set(JAVA_LONG_UNALIGNED, 0, value);
        return bytes;
    }

    static byte[] of(int value) {
        byte[] bytes = new byte[Integer.BYTES];
        MemorySegment.ofArray(bytes).set(JAVA_INT_UNALIGNED, 0, value);
        return bytes;
    }

    static long toLong(byte[] bytes) {
        return MemorySegment.ofArray(bytes).get(JAVA_LONG_UNALIGNED, 0);
    }

    static byte[] copy(MemorySegment segment, long offset, long length) {
        return segment.asSlice(offset, length).toArray(JAVA_BYTE);
    }
}
