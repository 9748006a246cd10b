package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/**
 * {@code MemorySegment}: its bytes; a heap segment comes back, over longs when no {@code byte[]} is
 * long enough.
 */
final class MemorySegmentCodec implements Codec<MemorySegment> {
    // Above this, 16 GiB, no array of longs is long enough either.
    private static final long LENGTH_MAX = (long) LittleEndian.ARRAY_LENGTH_MAX * Long.BYTES;

    @Override
    public byte tag() {
        return Tags.MEMORY_SEGMENT;
    }

    @Override
    public long prepare(MemorySegment value, Scratch scratch) {
        if (value.byteSize() > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "segment too long to be read back onto the heap: length="
                            + value.byteSize() + "B, lengthMax=" + LENGTH_MAX + "B");
        }
        return value.byteSize();
    }

    @Override
    public void write(MemorySegment value, Scratch scratch, MemorySegment target, long offset) {
        MemorySegment.copy(value, 0, target, offset, value.byteSize());
    }

    @Override
    public MemorySegment read(MemorySegment source, long offset, long length) {
        if (length <= LittleEndian.ARRAY_LENGTH_MAX) {
            return MemorySegment.ofArray(LittleEndian.copy(source, offset, length));
        }
        LittleEndian.requireInside(source, offset, length);
        if (length > LENGTH_MAX) {
            throw new CodecException(
                    "encoded segment too long: length=" + length + "B, lengthMax=" + LENGTH_MAX
                            + "B");
        }
        long[] words = new long[(int) ((length + Long.BYTES - 1) / Long.BYTES)];
        MemorySegment value = MemorySegment.ofArray(words).asSlice(0, length);
        MemorySegment.copy(source, offset, value, 0, length);
        return value;
    }

    @Override
    public boolean rawCopy() {
        return true;
    }
}
