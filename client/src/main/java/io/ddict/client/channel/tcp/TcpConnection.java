package io.ddict.client.channel.tcp;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Deadline;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.PartCodec;
import io.ddict.client.node.Heartbeats;
import io.ddict.client.protocol.ShardFrame;
import io.ddict.client.wire.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * Threads write their own requests, one frame at a time. Of those that wait for replies one is the leader:
 * it reads for all, wakes those whose replies come, and hands the lead to another one when it has its own.
 * A single call so costs one write and one read, and no other thread; a hand-over to a thread of the
 * connection's own and back would double what a round trip takes.
 *
 * The leader polls for a while before it sleeps, as a reply takes a few microseconds on a good day. The
 * socket is in non-blocking mode: an interrupt would close it otherwise.
 *
 * Nobody reads while nobody waits. Heartbeats does then, at each of its turns.
 *
 * Who cannot write, as the other end reads nothing, reads meanwhile: the other end may wait for just that.
 */

/** One connection to the shards of a node service. Safe from any thread. */
final class TcpConnection {
    /** Most calls at a time. */
    static final int CALLS_MAX = 512;

    /** Most calls at a time that nobody waits for yet. Others, which end by themselves, have the rest. */
    static final int UNAWAITED_MAX = 128;

    /** How much later than its time a call ends whose reply does not come at all. */
    static final long GRACE_NS = TimeUnit.SECONDS.toNanos(3);

    private static final long SPIN_NS = 20_000;
    // The other end has most of a long value still to take in; its reply comes soon after that.
    private static final long SPIN_LONG_NS = 80_000;
    private static final long LOOK_MS = 100;
    private static final int IN_LENGTH = 64 << 10;
    // What is left of a body is read straight to where it goes, if it is worth a system call.
    private static final int STRAIGHT_LENGTH_MIN = 16 << 10;

    private final Wire wire;
    private final Selector readable;
    private final Selector writable;
    private final ReentrantLock sending = new ReentrantLock();
    private final AtomicBoolean reading = new AtomicBoolean();
    private final AtomicReferenceArray<@Nullable RemoteCall> calls =
            new AtomicReferenceArray<>(CALLS_MAX);
    private final ArrayBlockingQueue<RemoteCall> free = new ArrayBlockingQueue<>(CALLS_MAX);
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger unawaited = new AtomicInteger();
    private volatile boolean lost;
    private volatile boolean fellSilent;

    // Of who sends. What a frame left behind when its thread's time was over goes first.
    private final ByteBuffer partHeader = buffer(ShardFrame.HEADER_LENGTH);
    private @Nullable ByteBuffer leftOver;

    // Of who reads.
    private final ByteBuffer in = buffer(IN_LENGTH);
    private final java.util.zip.CRC32C checksum = new java.util.zip.CRC32C();
    private @Nullable RemoteCall bodyCall;
    private @Nullable ByteBuffer body;
    private int bodyLength;
    private int bodyLeft;
    private int expectedChecksum;
    private boolean inBody;
    private volatile int heard;

    // Of the turns.
    private final ByteBuffer beat = buffer(ShardFrame.HEADER_LENGTH);
    private int heardBefore;
    private int silentTurns;

    /** Takes over a wire whose ends know each other. */
    TcpConnection(Wire wire) throws IOException {
        this.wire = wire;
        SocketChannel socket = wire.socket();
        socket.configureBlocking(false);
        this.readable = Selector.open();
        this.writable = Selector.open();
        socket.register(readable, SelectionKey.OP_READ);
        socket.register(writable, SelectionKey.OP_WRITE);
        ShardFrame.begin(beat, ShardFrame.BEAT, 0);
        ShardFrame.startChecksum(checksum, beat);
        beat.clear();
        beat.putInt(ShardFrame.CRC, (int) checksum.getValue());
        Heartbeats.watch(this::beat);
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean isLost() {
        return lost;
    }

    /** Whether it is lost because the other end said nothing any more. */
    boolean fellSilent() {
        return fellSilent;
    }

    /** Takes a place for a call; null if there was none within the time. */
    @Nullable RemoteCall take(Deadline deadline) {
        RemoteCall known = free.poll();
        if (known == null) {
            known = made.get() < CALLS_MAX ? make() : awaitFree(deadline);
        }
        if (known != null) {
            known.inUse = true;
        }
        return known;
    }

    private @Nullable RemoteCall make() {
        int index = made.getAndIncrement();
        if (index >= CALLS_MAX) {
            made.decrementAndGet();
            return free.poll();
        }
        RemoteCall call = new RemoteCall(this, index);
        calls.set(index, call);
        return call;
    }

    private @Nullable RemoteCall awaitFree(Deadline deadline) {
        long startNs = System.nanoTime();
        try {
            return free.poll(deadline.unspentNs(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return free.poll();
        } finally {
            long _ = deadline.spendSince(startNs);
        }
    }

    /** Whether a call may be sent now to be waited for later; {@link #endUnawaited} is to follow then. */
    boolean tryUnawaited() {
        boolean isRoom = unawaited.incrementAndGet() <= UNAWAITED_MAX;
        if (!isRoom) {
            endUnawaited();
        }
        return isRoom;
    }

    /** A call is waited for now, or never was sent. */
    void endUnawaited() {
        unawaited.decrementAndGet();
    }

    /** Gives back a place; of a call without a reply, whose memory may be written to, only the place. */
    void giveBack(RemoteCall call) {
        call.inUse = false;
        if (call.isDone() && !call.isLost()) {
            call.shrink();
            free.add(call);
        } else {
            RemoteCall fresh = new RemoteCall(this, call.index);
            // What is still to come is for nobody.
            fresh.correlation = call.nextCorrelation();
            calls.set(call.index, fresh);
            free.add(fresh);
        }
    }

    /**
     * Sends a request with its value, if it has one; false if the time was over, and nothing happens. The
     * other end looks for the place of a long value while that is encoded.
     */
    <T> boolean send(
            CallContext call, RemoteCall request, @Nullable Codec<T> codec, @Nullable T value,
            long endNs) {
        if (!request.isLong()) {
            encode(call, request, codec, value);
            return sendFirst(request, endNs);
        }
        if (!sendFirst(request, endNs)) {
            return false;
        }
        boolean encoded = false;
        try {
            PartWriter writer = null;
            if (request.hasParts() && codec instanceof PartCodec<T> parts && value != null) {
                writer = (from, length) -> parts.writePart(
                        value, from, length, request.request(), request.valueOffset());
            } else {
                encode(call, request, codec, value);
            }
            boolean sent = sendRest(request, writer, endNs);
            encoded = true;
            return sent;
        } finally {
            if (!encoded) {
                abandon(request.correlation, ShardFrame.ABANDONED);
            }
        }
    }

    private static <T> void encode(
            CallContext call, RemoteCall request, @Nullable Codec<T> codec, @Nullable T value) {
        if (codec != null && value != null) {
            codec.write(value, call.scratch(), request.request(), request.valueOffset());
        }
    }

    // The first frame, or all of it.
    private boolean sendFirst(RemoteCall call, long endNs) {
        try {
            return sendFrame(call.firstFrame(), null, endNs);
        } catch (IOException e) {
            lose();
            return true;
        }
    }

    // The writer writes each part before it is sent, if the call has parts.
    private boolean sendRest(RemoteCall call, @Nullable PartWriter writer, long endNs) {
        try {
            long rest = call.restLength();
            for (int offset = 0; offset < rest; offset += ShardFrame.PART_MAX) {
                int length = (int) Math.min(ShardFrame.PART_MAX, rest - offset);
                if (writer != null) {
                    writer.write(offset, length);
                }
                if (offset + length == rest && !lost) {
                    call.lastPartBegins();
                }
                if (!sendPart(call, offset, length, endNs)) {
                    abandon(call.correlation, ShardFrame.ABANDONED);
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            lose();
            return true;
        }
    }

    private boolean sendPart(RemoteCall call, int offset, int length, long endNs)
            throws IOException {
        lockSending();
        try {
            ByteBuffer part = call.valuePart(offset, length);
            ByteBuffer header = partHeader.clear();
            ShardFrame.begin(header, ShardFrame.PART, length);
            header.putLong(ShardFrame.CORRELATION, call.correlation);
            header.putLong(ShardFrame.HASH, offset);
            ShardFrame.startChecksum(call.checksum, header);
            ShardFrame.update(call.checksum, part, 0, length);
            header.clear();
            header.putInt(ShardFrame.CRC, (int) call.checksum.getValue());
            return writeFrame(header, part.clear(), endNs);
        } finally {
            sending.unlock();
        }
    }

    /** Tells that a call waits no longer; what the other end makes of it, the reply says. */
    void abandon(long correlation, byte flags) {
        ByteBuffer frame = buffer(ShardFrame.HEADER_LENGTH);
        ShardFrame.begin(frame, ShardFrame.CANCEL, 0);
        frame.putLong(ShardFrame.CORRELATION, correlation);
        frame.put(ShardFrame.FLAGS, flags);
        sendSoon(frame);
    }

    /** Tells something about a shard that has no reply. */
    void tell(byte type, int shard, long operand) {
        ByteBuffer frame = buffer(ShardFrame.HEADER_LENGTH);
        ShardFrame.begin(frame, type, 0);
        frame.putInt(ShardFrame.SHARD, shard);
        frame.putLong(ShardFrame.OPERAND, operand);
        sendSoon(frame);
    }

    // A frame that has no reply; waits for nobody for long.
    private void sendSoon(ByteBuffer frame) {
        java.util.zip.CRC32C sum = new java.util.zip.CRC32C();
        int length = frame.limit();
        ShardFrame.startChecksum(sum, frame);
        ShardFrame.update(sum, frame, ShardFrame.HEADER_LENGTH,
                length - ShardFrame.HEADER_LENGTH);
        frame.clear();
        frame.putInt(ShardFrame.CRC, (int) sum.getValue());
        try {
            boolean _ = sendFrame(frame.limit(length), null, System.nanoTime() + GRACE_NS);
        } catch (IOException e) {
            lose();
        }
    }

    private boolean sendFrame(ByteBuffer frame, @Nullable ByteBuffer more, long endNs)
            throws IOException {
        lockSending();
        try {
            return writeFrame(frame, more, endNs);
        } finally {
            sending.unlock();
        }
    }

    // Who holds the lock reads while it cannot write, so nobody waits here for long.
    private void lockSending() {
        sending.lock();
    }

    private boolean writeFrame(ByteBuffer frame, @Nullable ByteBuffer more, long endNs)
            throws IOException {
        if (lost) {
            return true;
        }
        while (leftOver != null) {
            if (wire.write(leftOver) == 0 && !awaitWritable(endNs)) {
                return false;
            }
            if (!leftOver.hasRemaining()) {
                leftOver = null;
            }
        }
        boolean begun = false;
        while (isUnsent(frame, more)) {
            long written = more == null ? wire.write(frame) : wire.write(frame, more);
            begun |= written > 0;
            if (written == 0 && isUnsent(frame, more) && !awaitWritable(endNs)) {
                if (begun) {
                    keep(frame, more);
                }
                return begun && more == null;
            }
        }
        return true;
    }

    private boolean isUnsent(ByteBuffer frame, @Nullable ByteBuffer more) {
        return frame.hasRemaining() || more != null && more.hasRemaining() || wire.isBehind();
    }

    // The other end needs the rest to understand what follows.
    private void keep(ByteBuffer frame, @Nullable ByteBuffer more) {
        int length = frame.remaining() + (more == null ? 0 : more.remaining());
        ByteBuffer rest = buffer(length).put(frame);
        if (more != null) {
            rest.put(more);
        }
        leftOver = rest.flip();
    }

    private boolean awaitWritable(long endNs) throws IOException {
        if (reading.compareAndSet(false, true)) {
            try {
                while (readSome()) {
                    // All that is there.
                }
            } finally {
                stopReading();
            }
        }
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
        if (leftMs < 0) {
            return false;
        }
        select(writable, Math.clamp(leftMs, 1, 10));
        return true;
    }

    // An interrupted thread selects, too, and is interrupted again afterwards.
    private static void select(Selector selector, long timeoutMs) throws IOException {
        try {
            selector.select(timeoutMs);
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException e) {
            throw new IOException("connection was given up", e);
        }
    }

    /**
     * Waits for a call's reply, or until a time.
     *
     * @param forOthers whether an interrupt of this thread ends the waiting, by telling the other end
     */
    void await(RemoteCall call, long endNs, boolean forOthers) {
        boolean interrupted = false;
        while (!call.isDone() && System.nanoTime() - endNs < 0) {
            call.isAwaitedBy(Thread.currentThread());
            if (lost) {
                call.lose();
            } else if (reading.compareAndSet(false, true)) {
                lead(call, endNs);
            } else if (!call.isDone() && reading.get()) {
                LockSupport.parkNanos(Math.max(1, endNs - System.nanoTime()));
            }
            if (Thread.interrupted()) {
                if (forOthers && !interrupted) {
                    abandon(call.correlation, (byte) 0);
                }
                interrupted = true;
            }
        }
        call.isAwaitedBy(null);
        if (!reading.get()) {
            // It may have been woken to lead, and does not.
            wakeOne();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void lead(RemoteCall call, long endNs) {
        try {
            long spinEndNs = System.nanoTime() + (call.isLong() ? SPIN_LONG_NS : SPIN_NS);
            while (!call.isDone() && !Thread.currentThread().isInterrupted()) {
                if (readSome()) {
                    continue;
                }
                long nowNs = System.nanoTime();
                if (nowNs - endNs >= 0) {
                    return;
                }
                if (nowNs - spinEndNs < 0) {
                    Thread.onSpinWait();
                } else {
                    long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - nowNs);
                    select(readable, Math.clamp(leftMs, 1, LOOK_MS));
                }
            }
        } catch (IOException e) {
            lose();
        } finally {
            call.isAwaitedBy(null);
            stopReading();
        }
    }

    // Whoever waits looks once more whether somebody reads, after it has said that it waits.
    private void stopReading() {
        reading.set(false);
        wakeOne();
    }

    private void wakeOne() {
        int count = Math.min(made.get(), CALLS_MAX);
        for (int index = 0; index < count; index++) {
            RemoteCall call = calls.get(index);
            if (call != null && call.inUse && call.wake()) {
                return;
            }
        }
    }

    // Whether anything came.
    private boolean readSome() throws IOException {
        ByteBuffer straight =
                in.position() == 0 && bodyLeft >= STRAIGHT_LENGTH_MIN ? body : null;
        int count = wire.read(straight == null ? in : straight);
        if (count < 0) {
            throw new EOFException("connection ended");
        }
        if (count == 0) {
            return false;
        }
        int before = heard;
        heard = before + 1;
        if (straight != null) {
            bodyLeft -= count;
            if (bodyLeft == 0) {
                endBody();
            }
        } else {
            in.flip();
            while (takeIn()) {
                // The next piece.
            }
            in.compact();
        }
        return true;
    }

    private boolean takeIn() throws IOException {
        if (!inBody) {
            return in.remaining() >= ShardFrame.HEADER_LENGTH && beginBody();
        }
        int length = Math.min(bodyLeft, in.remaining());
        if (length > 0) {
            if (body != null) {
                body.put(body.position(), in, in.position(), length);
                body.position(body.position() + length);
            }
            in.position(in.position() + length);
            bodyLeft -= length;
        }
        if (bodyLeft == 0) {
            endBody();
            return true;
        }
        return false;
    }

    private boolean beginBody() throws IOException {
        int base = in.position();
        int length = in.getInt(base + ShardFrame.PAYLOAD_LENGTH);
        if (!ShardFrame.isSane(in.getInt(base), length)) {
            throw new IOException("frame is malformed");
        }
        RemoteCall call = null;
        body = null;
        if (in.get(base + ShardFrame.TYPE) == ShardFrame.REPLY) {
            call = find(in.getLong(base + ShardFrame.CORRELATION));
            if (call != null) {
                body = call.beginPart(in, base, length);
                if (body == null) {
                    throw new IOException("reply is malformed");
                }
            }
        }
        bodyCall = call;
        bodyLength = length;
        bodyLeft = length;
        inBody = true;
        expectedChecksum = in.getInt(base + ShardFrame.CRC);
        int limit = in.limit();
        checksum.reset();
        ShardFrame.update(checksum, in, base, ShardFrame.CRC);
        in.limit(limit).position(base + ShardFrame.HEADER_LENGTH);
        return true;
    }

    private @Nullable RemoteCall find(long correlation) {
        int index = (int) (correlation & 0xFFFF);
        RemoteCall call = index < CALLS_MAX ? calls.get(index) : null;
        return call != null && call.inUse && call.correlation == correlation && !call.isDone()
                ? call
                : null;
    }

    private void endBody() throws IOException {
        inBody = false;
        RemoteCall call = bodyCall;
        ByteBuffer filled = body;
        bodyCall = null;
        body = null;
        if (call == null || filled == null) {
            return;
        }
        ShardFrame.update(checksum, filled, filled.position() - bodyLength, bodyLength);
        if ((int) checksum.getValue() != expectedChecksum) {
            throw new IOException("reply is damaged");
        }
        call.endPart(bodyLength);
    }

    // A turn of Heartbeats, which waits for nothing.
    private boolean beat() {
        if (lost) {
            return false;
        }
        try {
            if (reading.compareAndSet(false, true)) {
                try {
                    while (readSome()) {
                        // All that is there.
                    }
                } finally {
                    stopReading();
                }
            }
            int now = heard;
            silentTurns = now == heardBefore ? silentTurns + 1 : 0;
            heardBefore = now;
            if (silentTurns >= Heartbeats.SILENT_TURNS_MAX) {
                fellSilent = true;
                lose();
            } else if (sending.tryLock()) {
                try {
                    sendBeat();
                } finally {
                    sending.unlock();
                }
            }
        } catch (IOException e) {
            lose();
        }
        return !lost;
    }

    private void sendBeat() throws IOException {
        if (leftOver == null) {
            beat.clear();
            int written = wire.write(beat);
            if (written > 0 && beat.hasRemaining()) {
                keep(beat, null);
            }
        }
    }

    /** Ends it; calls that wait are told. */
    void lose() {
        lost = true;
        try {
            wire.close();
            readable.close();
            writable.close();
        } catch (IOException e) {
            // It is given up in any case.
        }
        for (int index = 0; index < CALLS_MAX; index++) {
            RemoteCall call = calls.get(index);
            if (call != null && call.inUse) {
                call.lose();
            }
        }
    }

    /** Writes a part of a value into its request. */
    private interface PartWriter {
        /** Writes. */
        void write(long from, long length);
    }
}
