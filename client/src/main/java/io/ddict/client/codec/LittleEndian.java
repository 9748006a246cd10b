package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Numbers as they are stored: little-endian, at any alignment. And the check that bytes are there
 * at all.
 */
final class LittleEndian {
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfChar CHAR =
            ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    // The longest array that every JVM can make.
    static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 8;

    private LittleEndian() {}

    /** Refuses a range that does not lie inside the segment, before anyone allocates for it. */
    static void requireInside(MemorySegment source, long offset, long length) {
        if (offset < 0 || length < 0 || length > source.byteSize() - offset) {
            throw new CodecException(
                    "encoded bytes cut short: offset=" + offset + "B, length=" + length
                            + "B, available=" + source.byteSize() + "B");
        }
    }

    /** As {@link #requireInside}, and refuses what no array of {@code elementLength} can hold. */
    static int requireElements(MemorySegment source, long offset, long length, int elementLength) {
        requireInside(source, offset, length);
        if (length % elementLength != 0 || length / elementLength > ARRAY_LENGTH_MAX) {
            throw new CodecException(
                    "encoded length fits no array: length=" + length + "B, elementLength="
                            + elementLength + "B");
        }
        return (int) (length / elementLength);
    }

    /** The bytes in an array of their own. */
    static byte[] copy(MemorySegment source, long offset, long length) {
        byte[] bytes = new byte[requireElements(source, offset, length, 1)];
        MemorySegment.copy(source, BYTE, offset, bytes, 0, bytes.length);
        return bytes;
    }
}
