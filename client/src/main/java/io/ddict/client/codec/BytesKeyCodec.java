package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * {@code byte[]}, {@code ByteBuffer} (position to limit) and {@code MemorySegment} keys: the bytes
 * as they are, equal if their contents are. All come back as {@code byte[]}.
 */
final class BytesKeyCodec implements KeyCodec {
    @Override
    public byte tag() {
        return Tags.BYTES;
    }

    /** Takes the bytes where they are if that is in a {@code byte[]}, and copies them if not. */
    static void wrap(Object key, KeyBytes target) {
        if (key instanceof byte[] bytes) {
            target.wrap(Tags.BYTES, bytes, 0, bytes.length);
            return;
        }
        MemorySegment segment = segment(key);
        KeyBytes.requireLength(segment.byteSize());
        if (segment.heapBase().orElse(null) instanceof byte[] bytes) {
            target.wrap(Tags.BYTES, bytes, (int) segment.address(), (int) segment.byteSize());
        } else {
            target.start(Tags.BYTES);
            append(segment, target);
        }
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        append(segment(key), target);
    }

    private static MemorySegment segment(Object key) {
        if (key instanceof byte[] bytes) {
            return MemorySegment.ofArray(bytes);
        }
        return key instanceof ByteBuffer buffer ? MemorySegment.ofBuffer(buffer)
                : (MemorySegment) key;
    }

    private static void append(MemorySegment bytes, KeyBytes target) {
        int start = target.append(bytes.byteSize());
        MemorySegment.copy(bytes, 0, target.segment(), start, bytes.byteSize());
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        return LittleEndian.copy(source, offset, length);
    }
}
