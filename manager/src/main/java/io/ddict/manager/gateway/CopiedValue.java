package io.ddict.manager.gateway;

import io.ddict.client.channel.ShardChannel.ValueReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The bytes of a value or key, and their tag, as they are stored. */
final class CopiedValue {
    private final byte tag;
    private final byte[] bytes;

    private CopiedValue(byte tag, byte[] bytes) {
        this.tag = tag;
        this.bytes = bytes;
    }

    byte tag() {
        return tag;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Copies up to a length; what is longer has no bytes. */
    record Reader(long lengthMax) implements ValueReader {
        Reader() {
            this(Integer.MAX_VALUE);
        }

        @Override
        public boolean isRawCopy(byte tag) {
            return true;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            byte[] bytes = new byte[length > lengthMax ? 0 : (int) length];
            MemorySegment.copy(
                    source, ValueLayout.JAVA_BYTE, offset, bytes, 0, bytes.length);
            return new CopiedValue(tag, bytes);
        }
    }
}
