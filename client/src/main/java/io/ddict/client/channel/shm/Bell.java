package io.ddict.client.channel.shm;

import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * Who waits for long sleeps, and is woken by a thread that reads a named pipe: the manager writes to it if
 * the link says that somebody sleeps. Whoever goes to sleep says so, and then looks for answers once more;
 * the manager answers, and then looks whether somebody sleeps: with a full fence between the two on both
 * sides one of them sees the other.
 *
 * The thread is there from the first sleep on. It reads the answers itself, which wakes who they are for.
 */

/** Lets the threads of one process sleep until a manager answers. Safe from any thread. */
final class Bell implements AutoCloseable {
    // Between two looks at whether the manager is still there.
    private static final long SLEEP_NS_MAX = 100_000_000;

    private static final Duration END_TIMEOUT = Duration.ofSeconds(1);

    private final MemoryRegion link;
    private final Path file;
    private final Answers answers;
    private final AtomicInteger sleepers = new AtomicInteger();
    private @Nullable RandomAccessFile pipe;
    private volatile @Nullable Thread listener;
    private volatile boolean closed;

    Bell(MemoryRegion link, Path file, Answers answers) {
        this.link = link;
        this.file = file;
        this.answers = answers;
    }

    /** Sleeps until an answer has come, or so long, but at most for a tenth of a second. */
    void sleep(Answer answer, long nanoseconds) {
        listen();
        sleepers.incrementAndGet();
        try {
            answer.isAwaitedBy(Thread.currentThread());
            arm();
            answers.poll();
            if (!answer.isDone()) {
                LockSupport.parkNanos(Math.min(nanoseconds, SLEEP_NS_MAX));
            }
        } finally {
            sleepers.decrementAndGet();
        }
    }

    private void arm() {
        link.putLongRelease(LinkLayout.ASLEEP_OFFSET, 1);
        VarHandle.fullFence();
    }

    private void listen() {
        if (listener == null) {
            startListening();
        }
    }

    private synchronized void startListening() {
        if (listener == null && !closed && Files.exists(file)) {
            try {
                RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw");
                pipe = opened;
                listener =
                        Thread.ofPlatform().daemon().name("ddict-bell").start(() -> hear(opened));
            } catch (IOException e) {
                // The manager has ended, which whoever waits finds out.
            }
        }
    }

    private void hear(RandomAccessFile opened) {
        try (opened) {
            while (opened.read() >= 0 && !closed) {
                if (sleepers.get() > 0) {
                    arm();
                }
                answers.pollAll();
            }
        } catch (IOException e) {
            // As above.
        }
    }

    /** Ends the thread, before what it reads is unmapped; nobody may sleep any more. */
    @Override
    public synchronized void close() {
        closed = true;
        Thread running = listener;
        if (pipe != null && running != null) {
            wake(pipe);
            try {
                running.join(END_TIMEOUT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void wake(RandomAccessFile listened) {
        try {
            listened.write(1);
        } catch (IOException e) {
            // The manager has rung just now: the thread has seen that this is closed, and ends.
        }
    }
}
