package io.ddict.manager.gateway;

import io.ddict.client.protocol.ShardFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * Small frames are looked at where they were read to, if they lie there whole. Others are put together in
 * a buffer of their length, which was checked before. Parts of values are handed on piece by piece.
 */

/** Finds frames in what is read of a connection. On its event loop. */
final class FrameInput {
    private final Receiver receiver;
    private final ByteBufAllocator allocator;
    private final CRC32C checksum = new CRC32C();
    private final Deque<ByteBuf> held = new ArrayDeque<>();
    private @Nullable ByteBuf gathered;
    private int gatheredLength;
    private @Nullable IncomingValue part;
    private int partLeft;
    private int partChecksum;
    private boolean paused;
    private boolean draining;
    private boolean closed;

    FrameInput(Receiver receiver, ByteBufAllocator allocator) {
        this.receiver = receiver;
        this.allocator = allocator;
    }

    /** Takes what was read, and releases it in the end. */
    void add(ByteBuf in) {
        if (closed) {
            in.release();
            return;
        }
        held.add(in);
        drain();
    }

    /** Hands on nothing until {@link #resume}. */
    void pause() {
        paused = true;
    }

    /** Goes on with what was read already. */
    void resume() {
        paused = false;
        drain();
    }

    /** Lets go of everything. */
    void close() {
        closed = true;
        if (!draining) {
            releaseAll();
        }
    }

    private void releaseAll() {
        held.forEach(ByteBuf::release);
        held.clear();
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
    }

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        try {
            while (!paused && !closed && !held.isEmpty()) {
                ByteBuf in = held.getFirst();
                if (!consume(in)) {
                    receiver.onMalformed();
                    closed = true;
                } else if (!in.isReadable()) {
                    held.removeFirst().release();
                }
            }
        } finally {
            draining = false;
            if (closed) {
                releaseAll();
            }
        }
    }

    // The next frame, or a piece of one; false if it is none.
    private boolean consume(ByteBuf in) {
        if (part != null) {
            return takePart(part, in);
        }
        if (gathered != null) {
            return gather(gathered, in);
        }
        int available = in.readableBytes();
        int base = in.readerIndex();
        if (available < ShardFrame.HEADER_LENGTH) {
            begin(ShardFrame.HEADER_LENGTH);
            return true;
        }
        int length = length(in, base);
        if (length < 0) {
            return false;
        }
        if (isPart(in, base)) {
            in.skipBytes(ShardFrame.HEADER_LENGTH);
            return beginPart(in, base, length);
        }
        int whole = ShardFrame.HEADER_LENGTH + length;
        if (available < whole) {
            begin(whole);
            return true;
        }
        if (!isUndamaged(in, base, length)) {
            return false;
        }
        in.skipBytes(whole);
        return receiver.onFrame(in, base, length);
    }

    private void begin(int length) {
        gathered = allocator.directBuffer(length, length);
        gatheredLength = length;
    }

    private boolean gather(ByteBuf frame, ByteBuf in) {
        in.readBytes(
                frame,
                Math.min(in.readableBytes(), gatheredLength - frame.writerIndex()));
        if (frame.writerIndex() < gatheredLength) {
            return true;
        }
        int length = length(frame, 0);
        if (length < 0) {
            return false;
        }
        if (isPart(frame, 0)) {
            gathered = null;
            try {
                return beginPart(frame, 0, length);
            } finally {
                frame.release();
            }
        }
        int whole = ShardFrame.HEADER_LENGTH + length;
        if (gatheredLength < whole) {
            begin(whole);
            ByteBuf longer = gathered;
            if (longer != null) {
                longer.writeBytes(frame);
            }
            frame.release();
            return true;
        }
        gathered = null;
        try {
            return isUndamaged(frame, 0, length) && receiver.onFrame(frame, 0, length);
        } finally {
            frame.release();
        }
    }

    // Negative if it is no frame's.
    private static int length(ByteBuf frame, int base) {
        int length = frame.getIntLE(base + ShardFrame.PAYLOAD_LENGTH);
        return ShardFrame.isSane(frame.getIntLE(base), length) ? length : -1;
    }

    private static boolean isPart(ByteBuf frame, int base) {
        return frame.getByte(base + ShardFrame.TYPE) == ShardFrame.PART;
    }

    private boolean isUndamaged(ByteBuf frame, int base, int length) {
        checksum.reset();
        checksum.update(frame.internalNioBuffer(base, ShardFrame.CRC));
        checksum.update(frame.internalNioBuffer(base + ShardFrame.HEADER_LENGTH, length));
        return (int) checksum.getValue() == frame.getIntLE(base + ShardFrame.CRC);
    }

    private boolean beginPart(ByteBuf header, int base, int length) {
        IncomingValue value = receiver.value(header.getLongLE(base + ShardFrame.CORRELATION));
        if (value == null
                || length == 0
                || header.getLongLE(base + ShardFrame.HASH) != value.received()
                || !value.hasRoom(length)) {
            return false;
        }
        checksum.reset();
        checksum.update(header.internalNioBuffer(base, ShardFrame.CRC));
        partChecksum = header.getIntLE(base + ShardFrame.CRC);
        part = value;
        partLeft = length;
        return true;
    }

    private boolean takePart(IncomingValue value, ByteBuf in) {
        if (!value.isReady()) {
            receiver.onNotReady();
            return true;
        }
        int length = Math.min(partLeft, in.readableBytes());
        checksum.update(in.internalNioBuffer(in.readerIndex(), length));
        value.take(in, length);
        partLeft -= length;
        if (partLeft > 0) {
            return true;
        }
        part = null;
        if ((int) checksum.getValue() != partChecksum) {
            return false;
        }
        if (value.endPart()) {
            receiver.onWhole(value);
        }
        return true;
    }

    /** Hears what was found. */
    interface Receiver {
        /** A frame that is not damaged; false if it is one that nobody sends. */
        boolean onFrame(ByteBuf frame, int base, int payloadLength);

        /** The value that a part belongs to; null if there is none. */
        @Nullable IncomingValue value(long correlation);

        /** There is a part that cannot be taken yet: pauses. */
        void onNotReady();

        /** The last part of a value was taken. */
        void onWhole(IncomingValue value);

        /** Something came that is no frame. */
        void onMalformed();
    }
}
