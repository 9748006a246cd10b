package io.ddict.pool.sync;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.SharedCounter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/*
 * The integer is 1 while somebody has the lock. Which thread that is, and how often, only matters to the
 * process that it is in.
 */

/**
 * A lock for all processes of a cluster: reentrant, and given in the order in which it was asked for. It
 * belongs to a thread. When a process dies that has it, the next one gets it at once; what it protects may
 * then be half changed. Safe from any thread; may be given to other processes.
 */
public final class DLock extends Named implements Lock {
    private static final long serialVersionUID = 1L;
    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final Map<String, Holder> HOLDERS = new ConcurrentHashMap<>();

    private DLock(String name) {
        super("lock", name);
    }

    /** A new one. */
    public static DLock create() {
        return new DLock(SyncSpace.newName());
    }

    /** The one of a name, in this program's cluster. */
    public static DLock of(String name) {
        return new DLock(name);
    }

    /** Waits for the lock, however long; an interrupt is kept until it has it. */
    @Override
    public void lock() {
        boolean interrupted = false;
        while (true) {
            try {
                lockInterruptibly();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        if (!tryLock(FOR_EVER.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new DDictTimeoutException("lock did not come within a year: " + this);
        }
    }

    @Override
    public boolean tryLock() {
        Holder holder = holder();
        return holder.enterAgain()
                || counter().tryAddWithin(1, 1, 1, -1).isPresent() && holder.enter();
    }

    @Override
    public boolean tryLock(long timeout, TimeUnit unit) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Holder holder = holder();
        if (holder.enterAgain()) {
            return true;
        }
        try {
            long _ = counter().addWithin(1, 1, 1, -1, Duration.ofNanos(unit.toNanos(timeout)));
            return holder.enter();
        } catch (DDictTimeoutException e) {
            return false;
        }
    }

    /**
     * Gives the lock back, if it was taken no more than once.
     *
     * @throws IllegalMonitorStateException if this thread does not have it
     */
    @Override
    public void unlock() {
        if (holder().leave()) {
            counter().add(-1, 1);
        }
    }

    /** Whether this thread has it. */
    public boolean isHeldByCurrentThread() {
        return holder().isCurrent();
    }

    /** Whether somebody has it. */
    public boolean isLocked() {
        return counter().get() != 0;
    }

    /** Not there: wait for a {@link DEvent} or a {@link DBarrier}. */
    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException("a DLock has no conditions; see DEvent, DBarrier");
    }

    private SharedCounter counter() {
        return space().counter(key());
    }

    private Holder holder() {
        return HOLDERS.computeIfAbsent(globalKey(), any -> new Holder());
    }

    /** The thread of this process that has the lock. */
    private static final class Holder {
        private volatile @Nullable Thread thread;
        // Only for the thread that has the lock.
        private int count;

        boolean isCurrent() {
            return Thread.currentThread().equals(thread);
        }

        boolean enterAgain() {
            if (isCurrent()) {
                count++;
                return true;
            }
            return false;
        }

        boolean enter() {
            thread = Thread.currentThread();
            count = 1;
            return true;
        }

        // Whether it has left for good.
        boolean leave() {
            if (!isCurrent()) {
                throw new IllegalMonitorStateException("this thread does not have the lock");
            }
            if (--count > 0) {
                return false;
            }
            thread = null;
            return true;
        }
    }
}
