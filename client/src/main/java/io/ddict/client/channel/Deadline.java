package io.ddict.client.channel;

import io.ddict.client.events.Recordings;
import io.ddict.client.events.SlowCallEvent;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * How a client's thread waits for something that another process will do. Most waits end within a
 * microsecond or two, so it spins for that long, which needs no clock, but not for longer: whoever it
 * waits for may want this very core, and where nobody does a yield comes back at once, in 0.5 us. So it
 * yields next, for about as long as it takes to wake the manager; then it naps, and only then looks at the
 * time.
 *
 * Who waits for what another client does, and not just for the manager, waits for long, and often beside
 * others: it sleeps after a few yields. Eight workers of a pool that yielded and napped took 40% of two
 * CPUs from those that had work; and a core that only yields takes no thread over from another.
 */

/** One call's waiting: backs off, and ends when the call's time is over. One thread. */
public final class Deadline {
    private static final int SPINS = 60;
    private static final int YIELDS = 100;
    private static final int NAPS = 40;
    private static final int YIELDS_FOR_OTHERS = 10;
    private static final int BRIEF_YIELDS = 20;
    private static final long NAP_NS_MIN = 20_000;
    private static final long NAP_NS_MAX = 500_000;

    private long timeoutNs;
    private long endNs;
    private long spentNs;
    private long heldNs;
    private int rounds;
    private boolean waitsForOthers;
    private boolean brief;
    private @Nullable SlowCallEvent slow;

    /** Starts a call that may wait so long; nothing happens until it has to. */
    public Deadline start(long timeoutNs) {
        this.timeoutNs = timeoutNs;
        this.spentNs = 0;
        this.rounds = 0;
        this.waitsForOthers = false;
        this.brief = false;
        return this;
    }

    /**
     * Says that the call waits for what other clients do: it takes long soon, and its time is over as soon
     * as its thread is interrupted, once it has to nap.
     */
    public void waitForOthers() {
        waitsForOthers = true;
    }

    /** Whether {@link #waitForOthers} was said. */
    public boolean isForOthers() {
        return waitsForOthers;
    }

    /**
     * Starts a call that spins and yields a little where it has to wait, and then ends: for a thread that
     * must not wait, and has another one begin again.
     */
    public Deadline startBrief() {
        start(1);
        brief = true;
        return this;
    }

    /** Whether {@link #startBrief} was called. */
    public boolean isBrief() {
        return brief;
    }

    /**
     * Takes from the call's time what has passed since a time, before it could begin.
     *
     * @param startNs of {@link System#nanoTime()}
     * @return the time now
     */
    public long spendSince(long startNs) {
        long nowNs = System.nanoTime();
        spentNs += nowNs - startNs;
        return nowNs;
    }

    /** The call's time in all, less what was spent by {@link #spendSince}. */
    public long unspentNs() {
        return Math.max(0, timeoutNs - spentNs);
    }

    /** Waits a little; false if the call's time is over. */
    public boolean pause() {
        int round = rounds++;
        if (round == 0) {
            endNs = System.nanoTime() + timeoutNs;
            heldNs = 0;
        }
        if (timeoutNs == 0) {
            return false;
        }
        if (round < SPINS) {
            Thread.onSpinWait();
            return true;
        }
        if (brief && round >= SPINS + BRIEF_YIELDS) {
            return false;
        }
        if (round < SPINS + YIELDS) {
            Thread.yield();
            return true;
        }
        return nap(round - SPINS - YIELDS);
    }

    /** Whether the waiting took longer than an operation does, so that the other side may be asleep. */
    public boolean hasSpun() {
        return rounds >= SPINS;
    }

    /** Whether the waiting took so long that it may take much longer. */
    public boolean isLong() {
        return rounds >= (waitsForOthers ? SPINS + YIELDS_FOR_OTHERS : SPINS + YIELDS + NAPS);
    }

    /** What is left of the call's time, once it has paused. */
    public long leftNs() {
        return Math.max(0, endNs - System.nanoTime());
    }

    /** Takes the event that a long wait of this call began, if somebody records. */
    public @Nullable SlowCallEvent takeSlow() {
        // One that an earlier call left behind is of no use.
        SlowCallEvent event = rounds > SPINS + YIELDS ? slow : null;
        slow = null;
        return event;
    }

    /** How long the call has waited so far: since it first had to. */
    public long waitedNs() {
        return rounds == 0 ? 0 : System.nanoTime() - (endNs - timeoutNs);
    }

    /** Whether the call has time left, and asked this for the first time less than so long ago. */
    public boolean holdsOut(long mostNs) {
        long nowNs = System.nanoTime();
        if (rounds == 0 || heldNs == 0) {
            heldNs = nowNs;
        }
        return nowNs - heldNs <= mostNs && (brief || rounds == 0 || endNs - nowNs > 0);
    }

    /** The call's time in all. */
    public long timeoutNs() {
        return timeoutNs;
    }

    /** The call's time in all, for messages. */
    public long timeoutMs() {
        return TimeUnit.NANOSECONDS.toMillis(timeoutNs);
    }

    private boolean nap(int naps) {
        if (naps == 0 || slow == null) {
            slow = Recordings.slowCall();
        }
        long leftNs = endNs - System.nanoTime();
        if (leftNs <= 0) {
            return false;
        }
        long wantedNs = Math.min(NAP_NS_MAX, NAP_NS_MIN << Math.min(naps >> 4, 5));
        LockSupport.parkNanos(Math.min(leftNs, wantedNs));
        if (Thread.interrupted()) {
            Thread.currentThread().interrupt();
            if (waitsForOthers) {
                return false;
            }
            // An interrupted thread cannot nap: yield instead, the deadline still ends the wait.
            Thread.yield();
        }
        return true;
    }
}
