package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.store.pool.PoolStatus;

/*
 * A node whose lease is over is either cut off from the others, for long, or was kept from its CPUs for a
 * moment, and then its service renews the lease within a few milliseconds. So calls wait a little before they
 * are refused: all of a process together, from the first that finds the lease over, since it is the lease of
 * all managers of the node. Else calls that go to one manager after the other would add their waits up, and
 * a node that is cut off is to say so within half a second.
 */

/** Waits for the lease of the node to be renewed. Any thread, with a call of its own. */
final class LeaseWait {
    private static final long WAIT_NS = 300_000_000;
    private static final String RENEWAL = "lease of the node was not renewed in time";

    // Two threads that see an end at once may both set it, to the same but for nanoseconds.
    private static volatile End newest = new End(PoolStatus.NO_LEASE, 0);

    private final ShmChannel channel;
    private final PoolStatus status;

    LeaseWait(ShmChannel channel, PoolStatus status) {
        this.channel = channel;
        this.status = status;
    }

    /** Whether the lease is over. */
    boolean isOver() {
        return status.leaseOverNs(System.nanoTime()) >= 0;
    }

    /**
     * Waits a little until it holds again: the node still owns then what its service has not given up.
     *
     * @param isPosted whether a write of the call is on its way
     */
    void await(CallContext call, boolean isPosted) {
        boolean isBrief = call.deadline().isBrief();
        while (isOver()) {
            boolean mayWait = mayWait();
            if (mayWait && isBrief && !isPosted) {
                throw channel.timedOut(call, RENEWAL);
            }
            if (!mayWait || isBrief || !channel.mayPause(call)) {
                throw channel.errors().leaseOver(call, isPosted);
            }
        }
        channel.checkUsable(call);
        channel.waited(call, RENEWAL);
    }

    private boolean mayWait() {
        long nowNs = System.nanoTime();
        long deadlineNs = nowNs - status.leaseOverNs(nowNs);
        End end = newest;
        if (end.deadlineNs() != deadlineNs) {
            end = new End(deadlineNs, nowNs);
            newest = end;
        }
        return nowNs - end.seenNs() < WAIT_NS;
    }

    /** When a lease was over, and when this process saw that. */
    private record End(long deadlineNs, long seenNs) {}
}
