package io.ddict.pool.sync;

import io.ddict.client.DDictTimeoutException;
import io.ddict.client.SharedCounter;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/*
 * One integer says it all:
 *
 *   bits 32..62   generation: how often the barrier has opened or was reset
 *   bits 16..31   how often this generation was broken
 *   bits 0..15    how many parties have arrived
 *
 * So whoever waits for its generation to end, in whatever way, waits for a greater integer. A party adds
 * one, and leaves word that the barrier be broken if it dies before it has gone on.
 */

/**
 * A place where a number of parties wait for each other, again and again. Parties are threads, of any
 * processes. If one gives up, is interrupted, fails in its action, or dies, the barrier is broken: all
 * others are told, until it is reset. Safe from any thread; may be given to other processes.
 */
public final class DBarrier extends Named {
    /** Most parties. */
    public static final int PARTIES_MAX = 32_767;

    private static final long serialVersionUID = 1L;
    private static final int GENERATION_SHIFT = 32;
    private static final long GENERATION = 1L << GENERATION_SHIFT;
    private static final long BREAK = 1L << 16;
    private static final long ARRIVED_MASK = BREAK - 1;

    private final int parties;
    private final @Nullable BarrierAction action;

    private DBarrier(String name, int parties, @Nullable BarrierAction action) {
        super("barrier", name);
        if (parties < 1 || parties > PARTIES_MAX) {
            throw new IllegalArgumentException(
                    "parties is not in 1.." + PARTIES_MAX + ": parties=" + parties);
        }
        this.parties = parties;
        this.action = action;
    }

    /** A new one. */
    public static DBarrier create(int parties) {
        return new DBarrier(SyncSpace.newName(), parties, null);
    }

    /** A new one, with what the last party to arrive does before the others go on. */
    public static DBarrier create(int parties, BarrierAction action) {
        return new DBarrier(SyncSpace.newName(), parties, action);
    }

    /** The one of a name, in this program's cluster; everybody gives the same number of parties. */
    public static DBarrier of(String name, int parties) {
        return new DBarrier(name, parties, null);
    }

    /** How many parties it takes. */
    public int parties() {
        return parties;
    }

    /**
     * Waits until all parties have arrived.
     *
     * @return how many were still missing: 0 for the last one
     * @throws BrokenBarrierException if it is broken, or becomes so, or is reset, while this waits
     * @throws TimeoutException if the time is over; the barrier is broken then
     * @throws InterruptedException if the thread is interrupted; the barrier is broken then
     */
    public int await(Duration timeout)
            throws InterruptedException, BrokenBarrierException, TimeoutException {
        SharedCounter counter = counter();
        long before = arrive(counter, timeout);
        long generation = before >> GENERATION_SHIFT;
        int missing = parties - 1 - (int) (before & ARRIVED_MASK);
        if (missing == 0) {
            open(counter);
        } else {
            awaitOpening(counter, generation, timeout);
        }
        return missing;
    }

    // Arrives in the generation that is open; one that is complete opens the next in a moment.
    private long arrive(SharedCounter counter, Duration timeout)
            throws InterruptedException, BrokenBarrierException, TimeoutException {
        while (true) {
            long start = counter.get() >> GENERATION_SHIFT << GENERATION_SHIFT;
            var before = counter.tryAddWithin(1, start + 1, start + parties, BREAK);
            if (before.isPresent()) {
                return before.getAsLong();
            }
            long now = counter.get();
            if (isBroken(now)) {
                throw broken();
            }
            if (now >> GENERATION_SHIFT == start >> GENERATION_SHIFT
                    && (now & ARRIVED_MASK) >= parties) {
                awaitChange(counter, start, timeout);
            }
        }
    }

    private void open(SharedCounter counter) throws BrokenBarrierException {
        boolean opened = false;
        try {
            if (action != null) {
                action.run();
            }
            opened = true;
        } finally {
            if (!opened) {
                counter.add(BREAK, -BREAK);
            }
        }
        long start = counter.get() >> GENERATION_SHIFT << GENERATION_SHIFT;
        if (counter.tryAddWithin(
                GENERATION - parties, start + GENERATION, start + GENERATION, -BREAK).isEmpty()) {
            counter.add(0, -BREAK);
            throw broken();
        }
    }

    private void awaitOpening(SharedCounter counter, long generation, Duration timeout)
            throws InterruptedException, BrokenBarrierException, TimeoutException {
        long start = generation << GENERATION_SHIFT;
        boolean gaveUp = true;
        try {
            long now = awaitChange(counter, start, timeout);
            gaveUp = false;
            if (now >> GENERATION_SHIFT == generation || wasReset(generation)) {
                throw broken();
            }
        } finally {
            if (!gaveUp || !breaks(counter, start)) {
                counter.add(0, -BREAK);
            }
        }
    }

    // False if the generation has ended meanwhile: the next one is not to suffer for it.
    private static boolean breaks(SharedCounter counter, long start) {
        return counter
                .tryAddWithin(BREAK, start + BREAK, start + GENERATION - 1, -BREAK)
                .isPresent();
    }

    // Until the generation that starts there is over, or broken.
    private long awaitChange(SharedCounter counter, long start, Duration timeout)
            throws InterruptedException, TimeoutException {
        try {
            return counter.addWithin(0, start + BREAK, Long.MAX_VALUE, 0, timeout);
        } catch (DDictTimeoutException e) {
            TimeoutException timeOver =
                    new TimeoutException("parties did not all arrive in time: " + this);
            timeOver.initCause(e);
            throw timeOver;
        }
    }

    /** Breaks it: whoever waits is told, and whoever comes, until it is reset. */
    public void abort() {
        counter().add(BREAK, 0);
    }

    /** Makes it as new; whoever waits is told that it was broken. */
    public void reset() {
        while (true) {
            var versioned = space().dict().getVersioned(key());
            if (versioned == null) {
                return;
            }
            long now = (Long) versioned.value();
            long generation = now >> GENERATION_SHIFT;
            space().dict().put(resetKey(), generation);
            if (space().dict().compareAndSet(
                    key(), versioned.version(), (generation + 1) << GENERATION_SHIFT) != 0) {
                return;
            }
        }
    }

    private boolean wasReset(long generation) {
        return Long.valueOf(generation).equals(space().dict().get(resetKey()));
    }

    @Override
    public void destroy() {
        super.destroy();
        Object _ = space().dict().remove(resetKey());
    }

    /** Whether it is broken. */
    public boolean isBroken() {
        return isBroken(counter().get());
    }

    /** How many parties wait. */
    public int waiting() {
        return (int) (counter().get() & ARRIVED_MASK);
    }

    private static boolean isBroken(long state) {
        return (state & GENERATION - 1) >= BREAK;
    }

    private BrokenBarrierException broken() {
        return new BrokenBarrierException(this + " is broken; reset() makes it as new");
    }

    private String resetKey() {
        return key() + ":reset";
    }

    private SharedCounter counter() {
        return space().counter(key());
    }

    /** What the last party does. */
    @FunctionalInterface
    public interface BarrierAction extends Runnable, java.io.Serializable {}
}
