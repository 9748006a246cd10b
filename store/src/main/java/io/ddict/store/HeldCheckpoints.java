package io.ddict.store;

import io.ddict.store.checkpoint.Checkpoints;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.VersionArray;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/*
 * A pool that holds one checkpoint has one entry for each key, and nothing but two numbers here: what
 * an operation aims at is that entry. One that holds several has chains of versions.
 */

/** The checkpoints that a pool holds, as operations see them. The manager's thread. */
public final class HeldCheckpoints {
    private final MemoryPool pool;
    private final PoolStatus status;
    private final EntryArray entries;
    private final @Nullable VersionChains versions;
    private @Nullable RetireListener retireListener;
    private long newest;

    HeldCheckpoints(MemoryPool pool, @Nullable VersionArray several) {
        this.pool = pool;
        this.status = pool.mapped().status();
        this.entries = pool.mapped().entries();
        this.versions = several == null ? null : new VersionChains(pool, several);
        this.newest = status.newest();
    }

    /** Chains of versions, or null if one checkpoint only is held. */
    @Nullable VersionChains versions() {
        return versions;
    }

    /** The newest checkpoint held. */
    public long newest() {
        return newest;
    }

    /** The oldest checkpoint held. */
    public long oldest() {
        return versions == null ? newest : versions.checkpoints().oldest();
    }

    /**
     * Aims at what a key has at a checkpoint.
     *
     * @param ordinal the key's, as {@link MemoryPool#find} just gave it
     * @param persistent whether a value stored next carries over where others do not
     * @return ordinal of the value that the checkpoint sees, or 0
     */
    public int aim(int ordinal, long checkpoint, boolean persistent) {
        if (versions == null) {
            return ordinal;
        }
        versions.aim(ordinal, checkpoint, persistent);
        return versions.seenValue();
    }

    /**
     * Where there are versions: the entry that a store at the checkpoint aimed at overwrites, or 0 if
     * it brings a version.
     */
    public int target() {
        return versions == null ? 0 : versions.exact();
    }

    /**
     * Where there are versions: whether what the checkpoint aimed at sees, a value or a mark, came after a
     * position. Then the operation there was applied before, whatever it did: it is not repeated.
     */
    public boolean isSeenAfter(long position) {
        return versions != null && versions.isSeenAfter(position);
    }

    /** Whether the checkpoint aimed at waits for the key, as it has neither a value nor a mark. */
    public boolean isAwaited() {
        return versions != null && versions.isAwaited();
    }

    /** Whether a removal at the checkpoint aimed at leaves no trace of it. */
    public boolean removesWithoutTrace() {
        return versions == null || !versions.leavesMark();
    }

    /** Where one checkpoint is held: whether a key was put at a later one than another. */
    public boolean isHidden(int ordinal, long checkpoint) {
        return entries.isWrittenAfter(ordinal, checkpoint);
    }

    /** Sets who is told of each checkpoint that retires, before it does. */
    public void onRetire(RetireListener listener) {
        this.retireListener = listener;
    }

    /**
     * Moves the window on, so that a checkpoint is the newest; what goes is pruned later.
     *
     * @param position of the operation that it moves on for
     */
    public void advance(long checkpoint, long position) {
        tellRetiring(checkpoint, position);
        long oldest = checkpoint;
        if (versions != null) {
            versions.checkpoints().advance(checkpoint);
            oldest = versions.checkpoints().oldest();
        }
        newest = checkpoint;
        status.publishRetiring(isRetiring());
        status.publishCheckpoints(oldest, checkpoint);
    }

    private void tellRetiring(long checkpoint, long position) {
        if (retireListener != null) {
            int size = pool.mapped().geometry().workingSet().size();
            long last = Math.min(newest, checkpoint - size);
            for (long each = oldest(); each <= last; each++) {
                retireListener.retires(each, position);
            }
        }
    }

    /** Tells clients of the checkpoints held, once a pool that was emptied was loaded. */
    public void publish() {
        status.publishCheckpoints(oldest(), newest);
    }

    /** Makes one checkpoint, perhaps an older one, the only one held of a pool that was emptied. */
    void restart(long checkpoint) {
        newest = checkpoint;
        if (versions != null) {
            versions.restart(checkpoint);
        }
        status.publishRetiring(isRetiring());
        status.publishRestarted(checkpoint);
    }

    /** Whether moving the window on by one has to wait for keys. */
    public boolean isOldestAwaited() {
        return versions != null && !versions.checkpoints().isOldestHandled();
    }

    /** Whether moving the window on by one makes its oldest checkpoint go. */
    public boolean isFull() {
        return newest - oldest() + 1 == pool.mapped().geometry().workingSet().size();
    }

    /** Keys that have a value at a checkpoint that is not below the oldest. */
    public long entryCount(long checkpoint) {
        return versions == null ? pool.entryCount() : versions.checkpoints().count(checkpoint);
    }

    /** Ordinals of the values that a checkpoint from the oldest on sees, and perhaps of newer ones. */
    RoaringBitmap ordinals(long checkpoint) {
        return versions == null
                ? RoaringBitmap.bitmapOfRange(1, pool.ordinals().end())
                : versions.checkpoints().visible(checkpoint);
    }

    /** Whether a SEAL must be posted before versions can be pruned. */
    public boolean isSealDue() {
        return versions != null && versions.checkpoints().isSealDue();
    }

    /** Notes that the SEAL was posted. */
    public void sealed(long position) {
        if (versions != null) {
            versions.checkpoints().sealed(position);
        }
    }

    /** Whether versions can be pruned with everything below a position applied. */
    public boolean isPruningDue(long position) {
        return versions != null && versions.checkpoints().due(position) != null;
    }

    /**
     * Prunes versions that nobody sees any more; needs {@link MemoryPool#afterBatch} afterwards.
     *
     * @param position the applied position, which is published
     * @param limit most versions looked at
     * @return whether there is more to do at once
     */
    public boolean prune(long position, int limit) {
        return versions != null && versions.prune(position, limit);
    }

    /** Tells clients whether memory will come back by itself; after {@link MemoryPool#afterBatch}. */
    public void publishRetiring() {
        if (status.isRetiring() != isRetiring()) {
            status.publishRetiring(isRetiring());
        }
    }

    private boolean isRetiring() {
        return pool.snapshots().hasKept()
                || versions != null && versions.checkpoints().isRetiring();
    }

    /** Recovery: takes the window that the status tells. */
    void startRecovery() {
        // While a checkpoint is being loaded the status tells no oldest one.
        boolean isRestoring = (status.state() & PoolStatus.STATE_RESTORING) != 0;
        long oldest = isRestoring ? 0 : status.oldest();
        newest = Math.max(status.newest(), oldest);
        if (versions != null) {
            Checkpoints window = versions.checkpoints();
            int size = pool.mapped().geometry().workingSet().size();
            window.start(Math.max(oldest, newest - size + 1), newest);
        }
        status.publishCheckpoints(oldest(), newest);
    }

    /** Learns of checkpoints that retire. */
    @FunctionalInterface
    public interface RetireListener {
        /** A held checkpoint retires by the operation at a position; what it holds is still there. */
        void retires(long checkpoint, long position);
    }
}
