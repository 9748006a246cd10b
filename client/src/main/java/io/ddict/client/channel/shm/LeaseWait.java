package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.store.pool.PoolStatus;

/*
 * A node whose lease is over is either cut off from the others, for long, or was kept from the CPU for a
 * moment, and then its service has renewed the lease within a few milliseconds. So a call waits a little
 * before it is refused, but not so long that a node which is cut off takes more than half a second to say so.
 */

/** Waits for the lease of the node to be renewed. Any thread, with a call of its own. */
final class LeaseWait {
    private static final long WAIT_NS = 300_000_000;
    private static final String RENEWAL = "lease of the node was not renewed in time";

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
        if (isBrief && !isPosted) {
            throw channel.timedOut(call, RENEWAL);
        }
        long startNs = System.nanoTime();
        while (isOver()) {
            boolean isLate = isBrief || System.nanoTime() - startNs >= WAIT_NS;
            if (isLate || !channel.mayPause(call)) {
                throw channel.errors().leaseOver(call, isPosted);
            }
        }
        channel.checkUsable(call);
        channel.waited(call, RENEWAL);
    }
}
