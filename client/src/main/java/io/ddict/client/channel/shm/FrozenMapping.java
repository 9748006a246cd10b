package io.ddict.client.channel.shm;

import io.ddict.client.channel.FoundRecord;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolDamagedException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/*
 * Views are slices of a mapping of the data file that they alone use: closing its arena is what makes
 * all of them throw, at once and in every thread, at no cost to an access. As long as the arena lives
 * a pin keeps the bytes, so the arena is always closed first.
 */

/** The mapping that views of one freeze are slices of. Safe from any thread. */
final class FrozenMapping {
    private final ShmChannel channel;
    private final Pins pins;
    private final int pin;
    private final long epoch;
    private final Arena arena;
    private final MemorySegment data;
    private final MemorySegment spill;
    private final MappedPool pool;
    private final Map<Integer, MemorySegment> lenders = new ConcurrentHashMap<>();
    private boolean closed;

    /** Takes over a pin and an arena, and what is mapped in it: the data, and the values on a disk. */
    FrozenMapping(
            ShmChannel channel,
            MappedPool pool,
            Pins pins,
            int pin,
            long epoch,
            Arena arena,
            MemorySegment data,
            MemorySegment spill) {
        this.channel = channel;
        this.pool = pool;
        this.pins = pins;
        this.pin = pin;
        this.epoch = epoch;
        this.arena = arena;
        this.data = data;
        this.spill = spill;
    }

    /** Whether it is the mapping of the freeze that is in effect. */
    boolean isOf(long freezeEpoch) {
        return epoch == freezeEpoch;
    }

    /** The value of a record; it throws when touched after this was closed. */
    MemorySegment view(FoundRecord found) {
        return segment(found).asSlice(found.valueOffset, found.valueLength);
    }

    private MemorySegment segment(FoundRecord found) {
        if (!found.isAway()) {
            return data;
        }
        return found.lender == FoundRecord.NO_LENDER
                ? spill
                : lenders.computeIfAbsent(found.lender, this::map);
    }

    private MemorySegment map(int lender) {
        try {
            return pool.mapDataOf(lender, arena);
        } catch (IOException | PoolDamagedException e) {
            channel.checkUsable(null);
            throw channel.errors().notMapped(e);
        }
    }

    /** Closes it if its freeze is over; whether it is closed. */
    synchronized boolean closeIfStale() {
        return closed || !channel.isEpoch(epoch) && tryClose();
    }

    /** Closes it; false if some operation of a channel is using one of the views just now. */
    synchronized boolean tryClose() {
        if (!closed) {
            try {
                arena.close();
            } catch (IllegalStateException e) {
                // A socket or file reads from a view: there is no other way to ask than to try.
                return false;
            }
            closed = true;
            pins.release(pin);
        }
        return true;
    }
}
