package io.ddict.manager.gateway;

import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.ShardFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Makes the reply of one call, and sends it. One thread. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class ShardReply implements ValueReader {
    /** Longest value that is copied. */
    static final int COPY_MAX = 64 << 10;

    private static final Object READ = new Object();

    private final Channel channel;
    private final CRC32C checksum = new CRC32C();
    private long correlation;
    private byte outcome;
    private byte valueTag;
    private long first;
    private long second;
    private @Nullable ByteBuf frame;
    private boolean tooLong;

    ShardReply(Channel channel) {
        this.channel = channel;
    }

    /** Begins the reply to another call. */
    void begin(long number) {
        correlation = number;
        outcome = ShardFrame.OK;
        valueTag = 0;
        first = 0;
        second = 0;
        tooLong = false;
        drop();
    }

    /** Forgets what was made and not sent. */
    void drop() {
        if (frame != null) {
            frame.release();
            frame = null;
        }
    }

    void numbers(long one, long other) {
        first = one;
        second = other;
    }

    void nothing() {
        outcome = ShardFrame.NOTHING;
    }

    void outcome(byte what) {
        outcome = what;
    }

    @Override
    public boolean isRawCopy(byte tag) {
        return true;
    }

    /** Copies a value, or notes that it is too long for that. A torn one is read again. */
    @Override
    public Object read(byte tag, MemorySegment source, long offset, long length) {
        drop();
        valueTag = tag;
        tooLong = length > COPY_MAX;
        if (!tooLong) {
            int count = (int) length;
            ByteBuf made = begun(count);
            MemorySegment.copy(
                    source, offset,
                    MemorySegment.ofBuffer(
                            made.internalNioBuffer(ShardFrame.HEADER_LENGTH, count)),
                    0, count);
            made.writerIndex(ShardFrame.HEADER_LENGTH + count);
            frame = made;
        }
        return READ;
    }

    private ByteBuf begun(int payloadLength) {
        int length = ShardFrame.HEADER_LENGTH + payloadLength;
        return channel.alloc().directBuffer(length, length);
    }

    /** Whether the value that was read was not copied. */
    boolean isTooLong() {
        return tooLong;
    }

    /** Makes a reply of fields. */
    void fields(Frames.Writer writer) {
        drop();
        bytes(Unpooled.wrappedBuffer(Fields.bytes(writer)));
    }

    /** Makes a reply of bytes, which are released. */
    void bytes(ByteBuf payload) {
        drop();
        try {
            int length = payload.readableBytes();
            ByteBuf made = begun(length);
            made.writerIndex(ShardFrame.HEADER_LENGTH);
            made.writeBytes(payload);
            frame = made;
        } finally {
            payload.release();
        }
    }

    /** Makes a reply of an error. */
    void failure(Throwable failure) {
        outcome = ShardFrame.FAILED;
        fields(out -> CallFailure.write(out, failure));
    }

    /** Sends what was made; flushing is up to the caller. */
    void send() {
        ByteBuf made = frame;
        frame = null;
        ByteBuf whole = made == null ? begun(0) : made;
        whole.writerIndex(Math.max(whole.writerIndex(), ShardFrame.HEADER_LENGTH));
        int length = whole.writerIndex() - ShardFrame.HEADER_LENGTH;
        if (length <= ShardFrame.PART_MAX) {
            fill(whole, length, 0, length);
            seal(whole, whole.internalNioBuffer(ShardFrame.HEADER_LENGTH, length));
            channel.write(whole, channel.voidPromise());
        } else {
            sendParts(whole, length);
        }
    }

    private void sendParts(ByteBuf whole, int length) {
        for (int offset = 0; offset < length; offset += ShardFrame.PART_MAX) {
            int count = Math.min(ShardFrame.PART_MAX, length - offset);
            ByteBuf header = begun(0);
            fill(header, count, offset, length);
            int start = ShardFrame.HEADER_LENGTH + offset;
            seal(header, whole.internalNioBuffer(start, count));
            channel.write(header, channel.voidPromise());
            channel.write(whole.retainedSlice(start, count), channel.voidPromise());
        }
        whole.release();
    }

    private void fill(ByteBuf header, int payloadLength, long offset, long total) {
        header.setZero(0, ShardFrame.HEADER_LENGTH);
        header.setIntLE(0, ShardFrame.MAGIC | ShardFrame.REPLY << 24);
        header.setIntLE(ShardFrame.PAYLOAD_LENGTH, payloadLength);
        header.setLongLE(ShardFrame.CORRELATION, correlation);
        header.setLongLE(ShardFrame.HASH, offset);
        header.setLongLE(ShardFrame.CHECKPOINT, second);
        header.setByte(ShardFrame.KEY_TAG, outcome);
        header.setByte(ShardFrame.VALUE_TAG, valueTag);
        header.setLongLE(ShardFrame.OPERAND, first);
        header.setLongLE(ShardFrame.VALUE_LENGTH, total);
    }

    private void seal(ByteBuf header, ByteBuffer payload) {
        header.writerIndex(Math.max(header.writerIndex(), ShardFrame.HEADER_LENGTH));
        checksum.reset();
        // Where both lie in one buffer the second look at it moves the first.
        ByteBuffer own = payload.duplicate();
        checksum.update(header.internalNioBuffer(0, ShardFrame.CRC));
        checksum.update(own);
        header.setIntLE(ShardFrame.CRC, (int) checksum.getValue());
    }

    /** Begins the reply to a call that reads a value, to be sent part by part. */
    void value(byte tag, long version) {
        outcome = ShardFrame.OK;
        valueTag = tag;
        numbers(version, 0);
    }

    /** The header of a part. */
    ByteBuf header(ByteBuffer piece, long offset, long total) {
        ByteBuf header = begun(0);
        fill(header, piece.remaining(), offset, total);
        seal(header, piece);
        return header;
    }
}
