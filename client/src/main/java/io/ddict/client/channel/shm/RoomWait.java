package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.store.pool.PoolStatus;

/*
 * A write that is refused for want of memory may find some a moment later. What retires, or goes to the disk,
 * comes for sure, and is waited for as long as the call may. What readers still see, or other managers have
 * not given back yet, is not: it is waited for a little, and then the write is refused.
 */

/** Waits for memory that comes back by itself. Any thread, with a call of its own. */
final class RoomWait {
    private static final int PAUSES = 32;
    private static final String MEMORY = "memory that is on its way back did not come in time";

    private final ShmChannel channel;
    private final PoolStatus status;

    RoomWait(ShmChannel channel, PoolStatus status) {
        this.channel = channel;
        this.status = status;
    }

    /**
     * After a refusal: waits a little while room comes by itself; whether to ask again.
     *
     * @param forHeld whether what others hold for a moment is awaited, too
     */
    boolean awaits(CallContext call, boolean forHeld) {
        if (!call.isRoomSure(status)) {
            return forHeld && call.isMemoryHeld(status) && awaitsHeld(call);
        }
        // As values go to the disk, what this call needs is there long before all is that is to come.
        for (int i = 0; status.isRetiring() || i < PAUSES && call.isRoomSure(status); i++) {
            channel.pause(call, MEMORY);
        }
        channel.waited(call, MEMORY);
        return true;
    }

    // If the call's time is over first, it was refused for want of memory, as it may be anyway.
    private boolean awaitsHeld(CallContext call) {
        if (call.deadline().isBrief()) {
            throw channel.timedOut(call, MEMORY);
        }
        boolean isInTime = channel.mayPause(call);
        for (int i = 1; isInTime && i < PAUSES && status.comesFromOthers(); i++) {
            isInTime = channel.mayPause(call);
        }
        channel.waited(call, MEMORY);
        return isInTime;
    }
}
