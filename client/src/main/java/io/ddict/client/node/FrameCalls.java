package io.ddict.client.node;

import io.ddict.client.protocol.Frames;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * A daemon thread reads the socket: answers go to whoever waits, and the end of file is how this process
 * learns that the other end is gone.
 *
 * Another daemon thread writes it. Callers do not, because a thread that is interrupted while it
 * writes to a channel closes it, and with it the connection of the whole process.
 *
 * A frame begins with its request's number. One with a negative number answers nothing.
 */

/** Requests over a socket, and their answers, which may come in any order. Safe from any thread. */
final class FrameCalls {
    private static final ByteBuffer END = ByteBuffer.allocate(0);

    private final Frames frames;
    private final boolean hasBeats;
    private final Listener listener;
    private final Map<Integer, CompletableFuture<DataInputStream>> waiting =
            new ConcurrentHashMap<>();
    private final AtomicInteger nextRequest = new AtomicInteger();
    private final BlockingQueue<ByteBuffer> outgoing = new LinkedBlockingQueue<>();
    private final Thread receiver;
    // Of the turns only.
    private int heardBefore;
    private int silentTurns;
    private volatile boolean fellSilent;
    private volatile boolean lost;

    /**
     * Takes over a connected socket in blocking mode.
     *
     * @param name what threads are named by
     * @param hasBeats whether the other end is on another machine, and to be watched
     */
    FrameCalls(String name, ByteChannel socket, boolean hasBeats, Listener listener) {
        this.frames = new Frames(socket, hasBeats);
        this.hasBeats = hasBeats;
        this.listener = listener;
        this.receiver = Thread.ofPlatform().daemon().name("ddict-session-" + name)
                .unstarted(this::receive);
        Thread.ofPlatform().daemon().name("ddict-requests-" + name).start(this::send);
    }

    /** Begins to hear. */
    void start() {
        receiver.start();
        if (hasBeats) {
            Heartbeats.watch(this::beat);
        }
    }

    /** Whether the other end is gone. */
    boolean isLost() {
        return lost;
    }

    /** Whether it is taken for gone because it said nothing any more. */
    boolean fellSilent() {
        return fellSilent;
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @param name what errors call the request
     * @throws LostException if the other end is gone
     * @throws IllegalArgumentException if the request cannot be encoded
     */
    DataInputStream call(Object name, Frames.Writer request, Duration timeout)
            throws LostException, TimeoutException, InterruptedException {
        int number = nextNumber();
        CompletableFuture<DataInputStream> answer = new CompletableFuture<>();
        waiting.put(number, answer);
        try {
            if (lost) {
                throw new LostException();
            }
            outgoing.add(frame(number, name, request));
            return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new LostException();
        } finally {
            waiting.remove(number);
        }
    }

    /** Sends a request whose answer nobody wants; silent if the other end is gone. */
    void tell(Object name, Frames.Writer request) {
        if (!lost) {
            outgoing.add(frame(nextNumber(), name, request));
        }
    }

    /** Waits until the other end is gone. */
    void awaitEnd(Duration timeout) {
        try {
            receiver.join(timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void close() throws IOException {
        frames.close();
    }

    // Negative ones are pushes.
    private int nextNumber() {
        return nextRequest.getAndIncrement() & Integer.MAX_VALUE;
    }

    private static ByteBuffer frame(int number, Object name, Frames.Writer request) {
        try {
            return Frames.frame(out -> {
                out.writeInt(number);
                request.write(out);
            });
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "request cannot be encoded: request=" + name + ", cause=" + e.getMessage(),
                    e);
        }
    }

    // A turn of Heartbeats.
    private boolean beat() {
        if (lost) {
            return false;
        }
        int heard = frames.heard();
        silentTurns = heard == heardBefore ? silentTurns + 1 : 0;
        heardBefore = heard;
        if (silentTurns >= Heartbeats.SILENT_TURNS_MAX) {
            fellSilent = true;
            try {
                close();
            } catch (IOException e) {
                // The receiver tells the end, by whatever name the socket calls it.
            }
            return false;
        }
        outgoing.add(Frames.beat());
        return true;
    }

    private void send() {
        try {
            for (ByteBuffer frame = outgoing.take(); frame.hasRemaining(); frame =
                    outgoing.take()) {
                frames.send(frame);
            }
        } catch (IOException | InterruptedException e) {
            // The other end is gone, which the receiver tells.
        }
    }

    private void receive() {
        try {
            for (DataInputStream frame = frames.receive(); frame != null; frame =
                    frames.receive()) {
                int number = frame.readInt();
                if (number < 0) {
                    listener.onPush(frame);
                } else {
                    answer(number, frame);
                }
            }
        } catch (IOException e) {
            // The end of a connection, by whatever name the socket calls it.
        } finally {
            lost = true;
            outgoing.add(END);
            waiting.values().forEach(each -> each.completeExceptionally(new LostException()));
            listener.onLost();
        }
    }

    private void answer(int number, DataInputStream frame) {
        CompletableFuture<DataInputStream> answer = waiting.get(number);
        if (answer != null) {
            answer.complete(frame);
        }
    }

    /** Hears what answers nothing. */
    interface Listener {
        /** A frame without a request came. */
        void onPush(DataInputStream frame) throws IOException;

        /** The other end is gone. */
        void onLost();
    }

    /** The other end is gone; what it did with a request is not known. */
    static final class LostException extends Exception {
        private static final long serialVersionUID = 1L;

        LostException() {
            super("connection lost", null, false, false);
        }
    }
}
