package io.ddict.manager.cluster;

import java.time.Duration;

/*
 * A lease counts from before the beat was sent: the leader received the beat later than that, and waits for
 * longer than a lease from then on. So by whatever way the answer came, the holder's lease is over first.
 */

/** What a member knows of its own lease. Time is handed in; safe from any thread. */
final class LeaseHolder {
    private final long leaseNs;
    private long deadlineNs;
    private boolean isHeld;
    private boolean isExpelled;

    /** Holds none yet. */
    LeaseHolder(Duration lease) {
        this.leaseNs = lease.toNanos();
    }

    /** A beat was answered; the time is the one at which it was about to be sent. */
    synchronized void granted(long sentNs) {
        long until = sentNs + leaseNs;
        if (!isHeld || until - deadlineNs > 0) {
            deadlineNs = until;
            isHeld = true;
        }
    }

    /** This member is dead to the others, or about to leave: no answer helps it any more. */
    synchronized void expel() {
        isExpelled = true;
    }

    /** Whether {@link #expel} was called. */
    synchronized boolean isExpelled() {
        return isExpelled;
    }

    /** Whether the lease holds. */
    synchronized boolean holds(long nowNs) {
        return isHeld && !isExpelled && nowNs - deadlineNs < 0;
    }

    /** When it is over; now if there is none. */
    synchronized long deadlineNs(long nowNs) {
        return isHeld && !isExpelled ? deadlineNs : nowNs;
    }
}
