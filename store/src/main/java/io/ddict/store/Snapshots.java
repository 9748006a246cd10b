package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.VersionArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/** The snapshots of a pool that are being copied out, and the records kept for them. One thread. */
public final class Snapshots {
    private final MemoryPool pool;
    private final @Nullable VersionArray versions;
    private final List<Snapshot> open = new ArrayList<>();
    // How many snapshots keep a record that no entry leads to any more.
    private final Map<Long, Integer> kept = new HashMap<>();
    private @Nullable ChangedOrdinals changed;

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
        return begin(checkpoint, position, pool.checkpoints().ordinals(checkpoint));
    }

    /** Notes from now on what changes, so that {@link #takeChanged} can tell; at first all there is. */
    public void trackChanges() {
        changed = new ChangedOrdinals(pool.mapped().geometry().entriesMax());
        changed.putBack(pool.checkpoints().ordinals(pool.checkpoints().newest()));
    }

    /** Ordinals of the entries that changed since this was asked last; to be copied by the other begin. */
    public RoaringBitmap takeChanged() {
        return changes().take();
    }

    /** Lets entries that were taken count as changed again, as they could not be copied. */
    public void putBackChanged(RoaringBitmap taken) {
        changes().putBack(taken);
    }

    /** Sets how many bytes may change before they are taken; any thread, once changes are tracked. */
    public void limitChanges(long bytes) {
        changes().limit(bytes);
    }

    /** Whether more has changed than may before it is taken. */
    public boolean isOverLimit() {
        return changed != null && changed.isOverLimit();
    }

    private ChangedOrdinals changes() {
        return Objects.requireNonNull(changed, "changes are not tracked");
    }

    /** As the other, of some entries only; those of them that have ended are left out. */
    public Snapshot begin(long checkpoint, long position, RoaringBitmap ordinals) {
        Snapshot snapshot =
                new Snapshot(
                        this,
                        pool,
                        checkpoint,
                        position,
                        ordinals);
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
        if (changed != null) {
            changed.add(ordinal);
        }
    }

    /** An entry has a new record, its first or another. */
    void stored(int ordinal, long handle) {
        if (changed != null) {
            MemoryRegion data = pool.mapped().data();
            long offset = Handle.offset(handle);
            changed.add(ordinal);
            changed.addLength(RecordLayout.wholeLength(data, offset));
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
