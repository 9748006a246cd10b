package io.ddict.pool.sync;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.SharedCounter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/*
 * The integer counts the permits that are taken, so that a semaphore which nobody has used yet needs no
 * state, and nobody has to be the first.
 */

/**
 * A number of permits for all processes of a cluster. Permits are given in the order in which they were
 * asked for. Those of a process that dies come back at once. Safe from any thread; may be given to other
 * processes.
 */
public final class DSemaphore extends Named {
    private static final long serialVersionUID = 1L;
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final int permits;

    private DSemaphore(String name, int permits) {
        super("semaphore", name);
        if (permits < 1) {
            throw new IllegalArgumentException("permits below 1: permits=" + permits);
        }
        this.permits = permits;
    }

    /** A new one. */
    public static DSemaphore create(int permits) {
        return new DSemaphore(SyncSpace.newName(), permits);
    }

    /** The one of a name, in this program's cluster; everybody gives the same number of permits. */
    public static DSemaphore of(String name, int permits) {
        return new DSemaphore(name, permits);
    }

    /** Takes a permit, waiting for one. */
    public void acquire() throws InterruptedException {
        acquire(1);
    }

    /** Takes several permits at once, waiting until there are as many. */
    public void acquire(int count) throws InterruptedException {
        boolean taken = tryAcquire(count, FOR_EVER.toMillis(), TimeUnit.MILLISECONDS);
        if (!taken) {
            throw new DDictTimeoutException("no permit came within a year: " + this);
        }
    }

    /** Takes a permit if there is one now. */
    public boolean tryAcquire() {
        return counter().tryAddWithin(1, 1, permits, -1).isPresent();
    }

    /** Takes several permits at once; false if they did not come in time. */
    public boolean tryAcquire(int count, long timeout, TimeUnit unit) throws InterruptedException {
        requireCount(count);
        try {
            long _ = counter().addWithin(
                    count, count, permits, -count, Duration.ofNanos(unit.toNanos(timeout)));
            return true;
        } catch (DDictTimeoutException e) {
            return false;
        }
    }

    /** Gives a permit back. */
    public void release() {
        release(1);
    }

    /**
     * Gives permits back that this process has taken.
     *
     * @throws IllegalStateException if fewer are taken, by all processes together
     */
    public void release(int count) {
        requireCount(count);
        if (counter().tryAddWithin(-count, 0, permits, count).isEmpty()) {
            throw new IllegalStateException(
                    "more permits given back than were taken: count=" + count + ", " + this);
        }
    }

    /** Permits that can be taken now. */
    public int availablePermits() {
        return permits - Math.toIntExact(counter().get());
    }

    private void requireCount(int count) {
        if (count < 1 || count > permits) {
            throw new IllegalArgumentException(
                    "count is not in 1.." + permits + ": count=" + count + ", " + this);
        }
    }

    private SharedCounter counter() {
        return space().counter(key());
    }
}
