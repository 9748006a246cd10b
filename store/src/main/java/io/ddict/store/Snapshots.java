package io.ddict.store;

import io.ddict.store.pool.VersionArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The snapshots of a pool that are being copied out, and the records kept for them. One thread. */
public final class Snapshots {
    private final MemoryPool pool;
    private final @Nullable VersionArray versions;
    private final List<Snapshot> open = new ArrayList<>();
    // How many snapshots keep a record that no entry leads to any more.
    private final Map<Long, Integer> kept = new HashMap<>();

    Snapshots(MemoryPool pool, @Nullable VersionArray versions) {
        this.pool = pool;
        this.versions = versions;
    }

    /**
     * Begins to copy out what a held checkpoint holds, as of everything that is applied below a
     * position. Costs nothing for each entry; {@link Snapshot#copy} does. Needs {@link
     * MemoryPool#afterBatch} now and then, for what was kept meanwhile, and {@link #end}.
     */
    public Snapshot begin(long checkpoint, long position) {
        Snapshot snapshot =
                new Snapshot(
                        this,
                        pool.mapped().entries(),
                        pool.mapped().data(),
                        checkpoint,
                        position,
                        pool.checkpoints().ordinals(checkpoint));
        open.add(snapshot);
        return snapshot;
    }

    /** Ends a snapshot, copied or not; what was kept for it comes back. */
    public void end(Snapshot snapshot) {
        if (open.remove(snapshot)) {
            snapshot.end();
        }
    }

    /** How many have begun and not ended. */
    public int count() {
        return open.size();
    }

    /** Whether records that no entry leads to are kept. */
    public boolean hasKept() {
        return !kept.isEmpty();
    }

    /** Before an entry changes: keeps its record for those that have yet to copy it. */
    void beforeChange(int ordinal) {
        if (!open.isEmpty()) {
            keep(ordinal);
        }
    }

    /** Whether a record that was given up is kept. */
    boolean isKept(long handle) {
        return !kept.isEmpty() && kept.containsKey(handle);
    }

    /** One snapshot has copied a kept record; with the last its space is given up. */
    void release(long handle) {
        if (kept.merge(handle, -1, Integer::sum) == 0) {
            kept.remove(handle);
            pool.giveUpKept(handle);
        }
    }

    /** Flags of an entry's record, as the stream has them. */
    byte flags(int ordinal) {
        return versions == null || versions.isPersistent(ordinal) ? Snapshot.PERSISTENT : 0;
    }

    private void keep(int ordinal) {
        long handle = pool.mapped().entries().handle(ordinal);
        for (Snapshot each : open) {
            if (each.wants(ordinal)) {
                each.keep(ordinal, handle);
                kept.merge(handle, 1, Integer::sum);
            }
        }
    }
}
