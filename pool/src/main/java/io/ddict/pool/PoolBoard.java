package io.ddict.pool;

import io.ddict.client.DDictException;
import io.ddict.client.SharedQueue.Taken;
import io.ddict.pool.PoolResult.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/*
 * A chunk is on the board from before it is posted until its first result. What workers post a second
 * time, because one died too late, is for nobody.
 */

/** The chunks that are under way in a pool, and the thread that hands out their results. */
final class PoolBoard {
    private static final Duration LOOK_TIME = Duration.ofMillis(200);
    private static final int TAKEN_MAX = 64;

    private final PoolChannels channels;
    private final Runnable look;
    private final long lengthMax;
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicLong nextChunk = new AtomicLong();
    private final AtomicLong started = new AtomicLong();
    private final Thread thread;
    // Guarded by this.
    private long length;
    private @Nullable RuntimeException end;
    private volatile boolean closed;

    /**
     * Starts the thread.
     *
     * @param lengthMax most bytes of chunks that are under way, if it is more than one
     * @param look called every so often
     */
    PoolBoard(PoolChannels channels, long lengthMax, Runnable look) {
        this.channels = channels;
        this.lengthMax = lengthMax;
        this.look = look;
        this.thread = Thread.ofPlatform().daemon().name("ddict-pool-results").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Posts tasks, waiting until not too much is under way. */
    void post(PoolJob job, int first, int count, long function, byte[] payload) {
        if (payload.length > lengthMax) {
            throw new IllegalArgumentException(
                    "tasks too large for the pool's memory: length=" + payload.length
                            + "B, lengthMax=" + lengthMax
                            + "B; take smaller chunks or more memory, or put what they need into a"
                            + " dictionary");
        }
        long number = nextChunk.getAndIncrement();
        admit(payload.length);
        pending.put(number, new Pending(job, first, count, payload.length));
        try {
            PoolChannels.post(channels.tasks(), PoolChunk.message(number, function, payload));
        } catch (DDictException e) {
            Pending _ = take(number);
            throw e;
        }
    }

    private synchronized void admit(int added) {
        boolean interrupted = false;
        while (end == null && length > 0 && length + added > lengthMax) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (end != null) {
            throw end;
        }
        length += added;
    }

    private @Nullable Pending take(long number) {
        Pending taken = pending.remove(number);
        if (taken != null) {
            synchronized (this) {
                length -= taken.length;
                notifyAll();
            }
        }
        return taken;
    }

    /** How many workers' processes have come up so far. */
    long started() {
        return started.get();
    }

    /** Waits until nothing is under way; false if something is in the end. */
    synchronized boolean awaitIdle(Duration timeout) throws InterruptedException {
        long endNs = java.lang.System.nanoTime() + timeout.toNanos();
        while (!pending.isEmpty()) {
            long leftMs = (endNs - java.lang.System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    /** Ends everything that is under way, and all that comes, by an error. */
    void fail(RuntimeException failure) {
        synchronized (this) {
            if (end == null) {
                end = failure;
            }
        }
        for (Long each : List.copyOf(pending.keySet())) {
            Pending chunk = take(each);
            if (chunk != null) {
                chunk.job.failed(chunk.first, chunk.count, failure);
            }
        }
    }

    /** Ends the thread, which may be the caller's, by way of somebody's callback. */
    void close() throws InterruptedException {
        closed = true;
        if (!Thread.currentThread().equals(thread)) {
            thread.join();
        }
    }

    private void run() {
        try {
            while (!closed) {
                for (Taken<byte[]> each : channels.results().take(TAKEN_MAX, LOOK_TIME)) {
                    ByteBuffer message = ByteBuffer.wrap(each.item());
                    while (message.hasRemaining()) {
                        hand(PoolResult.read(message));
                    }
                    channels.results().acknowledge(each.number());
                }
                look.run();
            }
        } catch (DDictException | IllegalStateException e) {
            fail(e);
        } catch (InterruptedException e) {
            fail(new IllegalStateException("interrupted", e));
        }
    }

    private void hand(PoolResult result) {
        if (result.kind() == Kind.STARTED) {
            long _ = started.incrementAndGet();
            return;
        }
        Pending chunk = take(result.chunk());
        if (chunk == null) {
            return;
        }
        switch (result.kind()) {
            case DONE -> handDone(chunk, result);
            case LOST -> chunk.job.failed(
                    chunk.first, chunk.count,
                    new WorkerLostException(
                            "workers died while they ran this: firstIndex=" + chunk.first
                                    + ", tasks=" + chunk.count + ", workers=" + result.detail()));
            default -> {
                RemoteFailure failure = Report.failure(Payload.rest(result.payload()));
                chunk.job.failed(
                        chunk.first, chunk.count,
                        new PoolTaskException(
                                chunk.first + result.detail(),
                                java.util.Objects.requireNonNull(failure)));
            }
        }
    }

    private static void handDone(Pending chunk, PoolResult result) {
        List<@Nullable Object> results;
        try {
            results = new ArrayList<>(Payload.decode(result.payload()));
        } catch (IOException | ClassNotFoundException e) {
            chunk.job.failed(
                    chunk.first, chunk.count,
                    new IllegalStateException("result cannot be read: cause=" + e, e));
            return;
        }
        chunk.job.done(chunk.first, results);
    }

    private record Pending(PoolJob job, int first, int count, int length) {}
}
