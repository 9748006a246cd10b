package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/**
 * A codec that can write any part of a value's bytes by itself: a long value is then sent while the rest of
 * it is still being encoded.
 */
public interface PartCodec<T> extends Codec<T> {
    /** What parts begin at a multiple of, and their lengths but the last are. */
    int PART_UNIT = 8;

    /**
     * Writes the bytes from one to before another, of those that {@link #write} would write.
     *
     * @param from a multiple of {@link #PART_UNIT}
     * @param length a multiple of it, unless the value ends there
     * @param target with room for the length at {@code offset}; any alignment
     */
    void writePart(T value, long from, long length, MemorySegment target, long offset);
}
