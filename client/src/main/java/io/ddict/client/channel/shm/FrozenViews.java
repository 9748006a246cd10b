package io.ddict.client.channel.shm;

import io.ddict.client.channel.CallContext;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.PoolStatus;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * A frozen shard is viewed without a pin, lock or message for each view. One pin is taken by the first
 * view of a freeze, together with a mapping, and held for all of them:
 *
 *   pin, then look at the epoch: frozen? then map the data, and remember the epoch
 *   view: find the record; the epoch is still the mapping's: so it was frozen all the while
 *   the epoch is another: close the arena, so that all views throw; only then give the pin back
 *
 * A freeze ends for others without asking this process, which learns of it by its next view or write,
 * by unfreezing itself, or from FrozenWatch. Until then views show what was frozen: nothing given up
 * since the pin is used again.
 */

/** Views of one shard while it is frozen. Safe from any thread. */
final class FrozenViews {
    private final ShmChannel channel;
    private final MappedPool pool;
    private final PoolStatus status;
    private final ShardReader reader;
    private final Pins pins;
    private final List<FrozenMapping> mappings = new ArrayList<>();
    private volatile @Nullable FrozenMapping current;
    private boolean ended;

    FrozenViews(ShmChannel channel, MappedPool pool, ShardReader reader, Pins pins) {
        this.channel = channel;
        this.pool = pool;
        this.status = pool.status();
        this.reader = reader;
        this.pins = pins;
    }

    /** The value in place, or null if the key is absent. */
    @Nullable MemorySegment view(CallContext call) {
        while (true) {
            FrozenMapping mapping = current;
            boolean found = reader.find(call);
            if (mapping != null && mapping.isOf(status.freezeEpoch())) {
                return found ? mapping.view(call.found()) : null;
            }
            open(call);
        }
    }

    /** After it was seen that writes are accepted: closes what is stale. */
    void closeStale() {
        if (current != null) {
            closeAllStale();
        }
    }

    /** Closes all but what is being used, which is closed once it is stale. */
    synchronized boolean closeAll() {
        current = null;
        mappings.removeIf(FrozenMapping::tryClose);
        return mappings.isEmpty();
    }

    /** Closes all, and gives out no more; false if one is being used, and nothing is ended. */
    synchronized boolean end() {
        ended = closeAll();
        return ended;
    }

    private synchronized void closeAllStale() {
        mappings.removeIf(FrozenMapping::closeIfStale);
        FrozenMapping mapping = current;
        if (mapping != null && !mapping.isOf(status.freezeEpoch())) {
            current = null;
        }
    }

    private synchronized void open(CallContext call) {
        channel.checkUsable(call);
        closeAllStale();
        if (ended) {
            throw channel.errors().closed();
        }
        if (current != null) {
            // Another thread was faster.
            return;
        }
        int pin = reader.pin(call);
        boolean opened = false;
        try {
            long epoch = status.freezeEpoch();
            if (!PoolStatus.isFrozen(epoch)) {
                throw notFrozen();
            }
            FrozenMapping mapping = map(pin, epoch);
            opened = true;
            mappings.add(mapping);
            FrozenWatch.add(mapping);
            current = mapping;
        } finally {
            if (!opened) {
                pins.release(pin);
            }
        }
    }

    private FrozenMapping map(int pin, long epoch) {
        Arena arena = Arena.ofShared();
        boolean mapped = false;
        try {
            MemorySegment data = pool.mapData(arena);
            MemorySegment spill = pool.mapSpill(arena);
            mapped = true;
            return new FrozenMapping(channel, pool, pins, pin, epoch, arena, data, spill);
        } catch (IOException e) {
            throw channel.errors().notMapped(e);
        } finally {
            if (!mapped) {
                arena.close();
            }
        }
    }

    private IllegalStateException notFrozen() {
        return new IllegalStateException(
                "dictionary is not frozen: pool="
                        + pool.directory()
                        + "; freeze() it, or use view(key, function), which needs no freezing");
    }
}
