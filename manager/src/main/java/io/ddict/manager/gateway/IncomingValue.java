package io.ddict.manager.gateway;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Scratch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/*
 * A value that has come with its request is copied to where it is wanted. A longer one is still on its way
 * then: whoever writes it waits, and the event loop puts what comes straight there, be it a block of the
 * memory pool. So a long value lies nowhere in between, and while nobody knows yet where to put it, the
 * connection is not read.
 *
 * What has come can be written once. Where it is wanted again, as a call was begun anew, the client is asked
 * to send it again.
 */

/** A value that a client sends, as a codec that writes it. */
final class IncomingValue implements Codec<IncomingValue> {
    private static final long LOOK_NS = 100_000_000;

    private final byte tag;
    private final long length;
    private final @Nullable ByteBuf inline;
    private final @Nullable EventLoop loop;
    private final Runnable onTarget;
    private final long endNs;
    private boolean written;
    // Of the event loop.
    private @Nullable MemorySegment target;
    private long targetOffset;
    private boolean discards;
    private long received;
    private @Nullable Runnable onEnd;
    private LongConsumer onPart = count -> {};

    private volatile boolean complete;
    private volatile boolean failed;
    private volatile @Nullable Thread waiter;

    private IncomingValue(
            byte tag, long length, @Nullable ByteBuf inline, @Nullable EventLoop loop,
            Runnable onTarget,
            long endNs) {
        this.tag = tag;
        this.length = length;
        this.inline = inline;
        this.loop = loop;
        this.onTarget = onTarget;
        this.endNs = endNs;
    }

    /** One that is there; the bytes are the caller's to release. */
    static IncomingValue there(byte tag, ByteBuf bytes) {
        return new IncomingValue(tag, bytes.readableBytes(), bytes, null, () -> {}, 0);
    }

    /**
     * One that is still to come.
     *
     * @param onTarget called on the event loop once it is known where to put it
     * @param endNs until when it is waited for
     */
    static IncomingValue coming(
            byte tag, long length, EventLoop loop, Runnable onTarget, long endNs) {
        return new IncomingValue(tag, length, null, loop, onTarget, endNs);
    }

    /**
     * One that is still to come, and goes where it is wanted without anybody waiting for it.
     *
     * @param onEnd called once, on the event loop, when it is there or will not be
     */
    static IncomingValue to(MemorySegment target, byte tag, Runnable onEnd) {
        IncomingValue value =
                new IncomingValue(tag, target.byteSize(), null, null, () -> {}, 0);
        value.target = target;
        value.onEnd = onEnd;
        return value;
    }

    /**
     * Has somebody told, on the event loop, how much has come and was found undamaged. Before it is written.
     */
    void onPart(LongConsumer listener) {
        onPart = listener;
    }

    /** Whether it is there. */
    boolean isWhole() {
        return complete;
    }

    /** The bytes that are there. */
    ByteBuf inline() {
        if (inline == null) {
            throw new IllegalStateException("value is still to come: length=" + length);
        }
        return inline;
    }

    @Override
    public byte tag() {
        return tag;
    }

    @Override
    public long prepare(IncomingValue value, Scratch scratch) {
        return length;
    }

    @Override
    public IncomingValue read(MemorySegment source, long offset, long bytes) {
        throw new UnsupportedOperationException("incoming values are not read");
    }

    @Override
    public void write(
            IncomingValue value, Scratch scratch, MemorySegment into, long offset) {
        EventLoop known = loop;
        if (inline != null || known == null) {
            // Not the buffer's own: the event loop may be looking at what lies around it.
            ByteBuffer bytes = inline().nioBuffer();
            MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, into, offset, length);
            return;
        }
        if (written) {
            throw new WantedAgainException();
        }
        written = true;
        waiter = Thread.currentThread();
        try {
            known.execute(() -> startAt(into, offset));
        } catch (RejectedExecutionException e) {
            throw given();
        }
        await(known);
    }

    private void startAt(MemorySegment into, long offset) {
        target = into;
        targetOffset = offset;
        onTarget.run();
    }

    private void await(EventLoop known) {
        boolean whole = false;
        try {
            while (!complete && !failed && !Thread.currentThread().isInterrupted()
                    && System.nanoTime() - endNs < 0) {
                LockSupport.parkNanos(LOOK_NS);
            }
            whole = complete;
        } finally {
            if (!whole) {
                takeTargetAway(known);
            }
        }
        if (!whole) {
            throw given();
        }
    }

    // Where it was going to belongs to others next.
    private void takeTargetAway(EventLoop known) {
        CountDownLatch away = new CountDownLatch(1);
        boolean interrupted = false;
        try {
            known.execute(() -> {
                discard();
                away.countDown();
            });
        } catch (RejectedExecutionException e) {
            return;
        }
        while (away.getCount() > 0) {
            try {
                away.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private DDictTimeoutException given() {
        return new DDictTimeoutException(
                "value did not come in time: received=" + received + "B, valueLength=" + length
                        + "B");
    }

    /** Whether a part can be taken now. */
    boolean isReady() {
        return target != null || discards;
    }

    /** Where in the value the next part begins. */
    long received() {
        return received;
    }

    /** Whether it would not be longer than it was said to be. */
    boolean hasRoom(int bytes) {
        return received + bytes <= length;
    }

    /** Takes bytes of a part. */
    void take(ByteBuf in, int count) {
        MemorySegment known = target;
        if (known != null) {
            copy(in, in.readerIndex(), count, known, targetOffset + received);
        }
        in.skipBytes(count);
        received += count;
    }

    /** Ends a part that was not damaged; whether that was the last. */
    boolean endPart() {
        boolean isLast = received == length;
        onPart.accept(received);
        if (isLast) {
            target = null;
            complete = true;
            LockSupport.unpark(waiter);
            end();
        }
        return isLast;
    }

    /** What still comes goes nowhere. */
    void discard() {
        target = null;
        discards = true;
        onTarget.run();
    }

    /** Nothing comes any more. */
    void fail() {
        target = null;
        discards = true;
        failed = true;
        LockSupport.unpark(waiter);
        end();
    }

    private void end() {
        Runnable known = onEnd;
        if (known != null) {
            onEnd = null;
            known.run();
        }
    }

    private static void copy(
            ByteBuf from, int index, int count, MemorySegment into, long offset) {
        ByteBuffer bytes = from.internalNioBuffer(index, count);
        MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, into, offset, count);
    }

    /** The value has been written already, and is to be sent again. */
    static final class WantedAgainException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WantedAgainException() {
            super("value is wanted again", null, false, false);
        }
    }
}
