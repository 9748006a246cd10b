package io.ddict.client.channel.tcp;

import io.ddict.client.channel.tcp.Buffers.Buffer;
import io.ddict.client.protocol.ShardFrame;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * A call has a place on its connection, and uses it again and again, with its memory. One that is given up
 * before its reply has come is thrown away instead, as whoever reads may be filling its memory.
 */

/** One request and its reply. Of the thread that calls, but for what says otherwise. */
final class RemoteCall {
    private static final int LENGTH_FIRST = 4096;
    // Where a long value begins: copies between cache lines that do not match take half as long again.
    private static final int ALIGNMENT = 64;

    // Stands for whichever thread reads for all.
    private static final Thread ANY_THREAD = Thread.ofPlatform().unstarted(() -> {});

    private final TcpConnection connection;
    final int index;
    final CRC32C checksum = new CRC32C();
    long correlation;
    // Header, key and value, and what of it goes with the first frame.
    private Buffer ownOut = Buffers.take(LENGTH_FIRST);
    private Buffer out = ownOut;
    private int keyLength;
    private long valueLength;
    private int inlineLength;
    private boolean hasParts;
    private boolean mayBeWhole;

    // Of whoever reads, until the call is done.
    private Buffer ownIn = Buffers.take(LENGTH_FIRST);
    private Buffer in = ownIn;
    // Where the reply goes instead, if it is a value and fits.
    private @Nullable ByteBuffer straight;
    private boolean wentStraight;
    private int replyLength;
    private int received;
    private byte outcome;
    private byte valueTag;
    private long first;
    private long second;

    private volatile boolean done;
    private volatile boolean lost;
    private volatile @Nullable Thread waiter;
    volatile boolean inUse;

    RemoteCall(TcpConnection connection, int index) {
        this.connection = connection;
        this.index = index;
    }

    TcpConnection connection() {
        return connection;
    }

    /** Begins another request: makes room for it, and writes its header but for what others know. */
    ByteBuffer begin(byte type, int keyBytes, long valueBytes) {
        return begin(type, keyBytes, valueBytes, false);
    }

    /** As the other, of a value that is written part by part, each over the one before, if it is long. */
    ByteBuffer begin(byte type, int keyBytes, long valueBytes, boolean inParts) {
        correlation = nextCorrelation();
        keyLength = keyBytes;
        valueLength = valueBytes;
        inlineLength = valueBytes <= ShardFrame.INLINE_MAX || type == ShardFrame.PUT_ALL
                ? (int) valueBytes
                : 0;
        done = false;
        lost = false;
        waiter = null;
        received = 0;
        replyLength = -1;
        straight = null;
        mayBeWhole = false;
        hasParts = inParts && isLong();
        long room = hasParts ? ShardFrame.PART_MAX : valueBytes;
        long length = valueOffset() + room;
        if (out.length() < length) {
            growRequest(length);
        }
        ByteBuffer frame = out.bytes.clear();
        ShardFrame.begin(frame, type, keyBytes + inlineLength);
        frame.putLong(ShardFrame.CORRELATION, correlation);
        frame.putLong(ShardFrame.VALUE_LENGTH, valueBytes);
        frame.putInt(ShardFrame.KEY_LENGTH, keyBytes);
        return frame;
    }

    /** Number of the request that follows. */
    long nextCorrelation() {
        return (correlation >>> 16) + 1 << 16 | index;
    }

    private void growRequest(long length) {
        shrink();
        out = Buffers.take(length);
        if (length <= Buffers.SMALL_MAX) {
            ownOut = out;
        }
    }

    private void growReply(long length) {
        if (in != ownIn) {
            Buffers.giveBack(in);
        }
        in = Buffers.take(length);
        if (length <= Buffers.SMALL_MAX) {
            ownIn = in;
        }
    }

    /** The request's frame: header, key, value. */
    MemorySegment request() {
        return out.segment;
    }

    byte type() {
        return out.bytes.get(ShardFrame.TYPE);
    }

    int keyOffset() {
        return ShardFrame.HEADER_LENGTH;
    }

    int valueOffset() {
        int keyEnd = keyEnd();
        return isLong() ? keyEnd + ALIGNMENT - 1 & -ALIGNMENT : keyEnd;
    }

    private int keyEnd() {
        return ShardFrame.HEADER_LENGTH + keyLength;
    }

    void writeKey(byte[] array, int offset, int length) {
        MemorySegment.copy(
                array, offset, out.segment, ValueLayout.JAVA_BYTE, keyOffset(), length);
    }

    /** The first frame, whole and with its checksum, ready to be sent. */
    ByteBuffer firstFrame() {
        ByteBuffer frame = out.bytes;
        ShardFrame.startChecksum(checksum, frame);
        int end = keyEnd() + inlineLength;
        ShardFrame.update(checksum, frame, ShardFrame.HEADER_LENGTH,
                end - ShardFrame.HEADER_LENGTH);
        frame.clear();
        frame.putInt(ShardFrame.CRC, (int) checksum.getValue());
        return frame.limit(end);
    }

    /** How much of the value goes with the frames behind the first. */
    long restLength() {
        return valueLength - inlineLength;
    }

    /** Whether its parts are still to be written, where the value begins. */
    boolean hasParts() {
        return hasParts;
    }

    /** The last part of a long value is sent now, to an end that is not lost yet. */
    void lastPartBegins() {
        mayBeWhole = true;
    }

    /** Whether the other end may have, or come to have, a long value as a whole. */
    boolean mayBeWhole() {
        return mayBeWhole;
    }

    /** A piece of the value. */
    ByteBuffer valuePart(int offset, int length) {
        return out.bytes.clear().slice(valueOffset() + (hasParts ? 0 : offset), length);
    }

    /** Has the reply's value read straight to where it is wanted, if any thread may write there. */
    void readTo(MemorySegment wanted) {
        if (wanted.isNative()
                && !wanted.isReadOnly()
                && wanted.isAccessibleBy(ANY_THREAD)
                && wanted.byteSize() <= ShardFrame.VALUE_MAX) {
            straight = wanted.asByteBuffer();
        }
    }

    /** Whether the value is where {@link #readTo} said. */
    boolean wentStraight() {
        return wentStraight;
    }

    /** Whether the value is so long that it goes in frames of its own. */
    boolean isLong() {
        return valueLength > inlineLength;
    }

    /** Begins a part of the reply: where it is to be read to, or null if it cannot be. */
    @Nullable ByteBuffer beginPart(ByteBuffer header, int base, int length) {
        long offset = header.getLong(base + ShardFrame.HASH);
        long total = header.getLong(base + ShardFrame.VALUE_LENGTH);
        if (received == 0) {
            if (total < 0 || total > ShardFrame.VALUE_MAX) {
                return null;
            }
            replyLength = (int) total;
            wentStraight = straight != null
                    && straight.capacity() >= total
                    && header.get(base + ShardFrame.KEY_TAG) == ShardFrame.OK;
            if (!wentStraight && in.length() < total) {
                growReply(total);
            }
        }
        if (offset != received || total != replyLength || length > replyLength - received) {
            return null;
        }
        outcome = header.get(base + ShardFrame.KEY_TAG);
        valueTag = header.get(base + ShardFrame.VALUE_TAG);
        first = header.getLong(base + ShardFrame.OPERAND);
        second = header.getLong(base + ShardFrame.CHECKPOINT);
        ByteBuffer target = wentStraight && straight != null ? straight : in.bytes;
        return target.clear().position(received).limit(received + length);
    }

    /** Ends a part of the reply; wakes the caller if that was the last. */
    void endPart(int length) {
        received += length;
        if (received == replyLength) {
            done = true;
            LockSupport.unpark(waiter);
        }
    }

    /** The connection is lost; a reply that has come is one. */
    void lose() {
        if (!done) {
            lost = true;
            done = true;
        }
        LockSupport.unpark(waiter);
    }

    boolean isDone() {
        return done;
    }

    boolean isLost() {
        return lost;
    }

    /** Whether its reply is there, and no failure. */
    boolean isAnswered() {
        return done && !lost && outcome != ShardFrame.FAILED;
    }

    /** Says which thread to wake, or none. */
    void isAwaitedBy(@Nullable Thread thread) {
        waiter = thread;
    }

    /** Wakes who waits, if it is not done: somebody has to read. False if nobody waits. */
    boolean wake() {
        Thread thread = waiter;
        if (done || thread == null) {
            return false;
        }
        LockSupport.unpark(thread);
        return true;
    }

    byte outcome() {
        return outcome;
    }

    byte valueTag() {
        return valueTag;
    }

    long first() {
        return first;
    }

    long second() {
        return second;
    }

    int replyLength() {
        return replyLength;
    }

    /** The reply's bytes, from 0. */
    MemorySegment reply() {
        return in.segment;
    }

    /** The reply's bytes as fields. */
    DataInputStream fields() {
        byte[] bytes = new byte[replyLength];
        MemorySegment.copy(in.segment, ValueLayout.JAVA_BYTE, 0, bytes, 0, replyLength);
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }

    /** Lets go of long memory, before it waits for its next use. */
    void shrink() {
        if (out != ownOut) {
            Buffers.giveBack(out);
            out = ownOut;
        }
        if (in != ownIn) {
            Buffers.giveBack(in);
            in = ownIn;
        }
    }
}
