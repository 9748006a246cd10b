package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * {@code ByteBuffer}: the bytes from position to limit, which stay where they are; a heap buffer
 * comes back.
 */
final class ByteBufferCodec implements Codec<ByteBuffer> {
    @Override
    public byte tag() {
        return Tags.BYTE_BUFFER;
    }

    @Override
    public long prepare(ByteBuffer value, Scratch scratch) {
        return value.remaining();
    }

    @Override
    public void write(ByteBuffer value, Scratch scratch, MemorySegment target, long offset) {
        MemorySegment.copy(MemorySegment.ofBuffer(value), 0, target, offset, value.remaining());
    }

    @Override
    public ByteBuffer read(MemorySegment source, long offset, long length) {
        return ByteBuffer.wrap(LittleEndian.copy(source, offset, length));
    }

    @Override
    public boolean rawCopy() {
        return true;
    }
}
