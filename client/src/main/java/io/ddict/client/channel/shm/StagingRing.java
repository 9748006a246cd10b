package io.ddict.client.channel.shm;

import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;

/*
 * Space in the staging area, handed out in the order of posting and free again once the manager has
 * applied the operation that used it. A piece never wraps: what is left before the end is skipped.
 *
 * Offsets grow for ever; their place is offset mod capacity. A queue holds, per operation posted,
 * its position in the ring and the offset behind its space.
 */

/** Hands out a client's staging space. Guarded by the writer's lock. */
final class StagingRing {
    private final PoolStatus status;
    private final int capacity;
    private final long[] positions;
    private final long[] ends;
    private int first;
    private int count;
    private long head;
    private long tail;
    private long reservedStart;
    private int reservedLength;

    StagingRing(PoolStatus status, int capacity, int ringSlots) {
        this.status = status;
        this.capacity = capacity;
        this.positions = new long[ringSlots];
        this.ends = new long[ringSlots];
    }

    /** Reserves space; the place within the staging area, or -1 if there is none yet. */
    int tryReserve(int length) {
        return tryReserve(length, 1);
    }

    /** Reserves space in one piece for several operations. */
    int tryReserve(int length, int operations) {
        int rounded = (length + PostingRing.STAGING_UNIT - 1) & -PostingRing.STAGING_UNIT;
        int place = (int) (tail & (capacity - 1));
        long start = place + rounded <= capacity ? tail : tail + capacity - place;
        int countMax = positions.length - operations;
        if (start + rounded - head > capacity || count > countMax) {
            freeApplied();
            if (start + rounded - head > capacity || count > countMax) {
                return -1;
            }
        }
        reservedStart = start;
        reservedLength = rounded;
        return (int) (start & (capacity - 1));
    }

    /** The reserved space belongs to the operation at a position; without this it is unreserved. */
    void commit(long position) {
        commit(position, reservedLength);
    }

    /**
     * The reserved space up to a length belongs to the operation at a position, and to those before. May
     * be called again, for a greater length; what is behind the last is unreserved.
     */
    void commit(long position, int length) {
        int index = (first + count++) & (positions.length - 1);
        positions[index] = position;
        tail = reservedStart + length;
        ends[index] = tail;
    }

    private void freeApplied() {
        long applied = status.applied();
        while (count > 0 && positions[first] < applied) {
            head = ends[first];
            first = (first + 1) & (positions.length - 1);
            count--;
        }
        if (count == 0) {
            head = tail;
        }
    }
}
