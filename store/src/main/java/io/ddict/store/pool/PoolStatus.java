package io.ddict.store.pool;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/*
 * What a manager tells about itself; it alone writes, and its service the lease; clients map it read-only.
 *
 *   offset  field
 *   64      geometry: data length, entries, ring slots, marks, hint sets, staging length, hash seed,
 *           working set, and a check of these eight
 *   256     applied: every operation below this position is applied
 *   384     state word: see the STATE constants; bits 16 to 59, the oldest checkpoint held
 *   392     full bits: bit c, no room for inline records of size class c; bit 63, for new keys
 *   400     owner: which owner in a row this is, from 0
 *   408     freeze epoch: one more with each freeze and unfreeze that took effect, so odd while frozen
 *   416     newest checkpoint held
 *   424     retiring: 1 while versions that nobody sees any more have yet to be pruned
 *   432     deferred: writes that wait for the working set to move on
 *   440     lease: until when nobody else owns the pool, by the machine's nanosecond clock; 0 for ever
 *   448     coming: whether memory will come back by itself: see the COMES constants
 *   456     lending: 1 if the manager lends large values to others of its node
 *   464     returns: how often memory came back that others held
 *   512     entry count, ordinal end
 *   528     reserved bytes of the data and of the entries file
 *   640     rest: 0 awake, 1 dozing (whoever waits rings), 2 asleep (whoever posts rings)
 *   704     heartbeat: the service's nanosecond clock
 *   768     slide: ordinal (0: none), from, to, length, bytes copied; see io.ddict.store.Slide
 *   1024    counters, 8 bytes each, by PoolCounter's order
 *   1280    times of calls by links that have ended, see LatencyHistogram
 *
 * Positions that change with each batch lie on their own pair of cache lines, apart from the state
 * word that every put reads and that almost never changes.
 */

/** Positions, state, limits and counters of one pool, readable by all clients and after a crash. */
public final class PoolStatus {
    /** The dictionary is read-only. */
    public static final long STATE_FROZEN = 1;

    /** A persisted checkpoint is being loaded: until it is, nobody's checkpoint is held. */
    public static final long STATE_RESTORING = 2;

    /** The dictionary is gone; nothing is accepted any more. */
    public static final long STATE_DESTROYED = 1L << 60;

    /** The manager stopped at a broken invariant; nothing is applied any more. */
    public static final long STATE_LOST = 1L << 61;

    /** The manager looks at its ring. */
    public static final long AWAKE = 0;

    /** It looks again within a millisecond; whoever waits for it rings. */
    public static final long DOZING = 1;

    /** It does not look for long; whoever posts rings. */
    public static final long ASLEEP = 2;

    /** Never set: stands for "the checkpoint is retired" among the states that refuse an operation. */
    public static final long STATE_RETIRED = 1L << 15;

    /** Lease of a pool that nobody else can own. */
    public static final long NO_LEASE = 0;

    /** State below which no word is that refuses nobody for the checkpoint he is at. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** Length of the file, in bytes. */
    public static final int FILE_LENGTH = 4096;

    /** Bit of {@link #fullBits} that refuses keys which are not there yet. */
    public static final long FULL_OF_ENTRIES = 1L << 63;

    /** No memory comes back by itself. */
    public static final long COMES_NOTHING = 0;

    /** Memory comes back as values go to the disk, or their readers are done. */
    public static final long COMES_FROM_DISK = 1;

    /** Memory comes back as readers are done with what was given up, or other managers give it back. */
    public static final long COMES_FROM_OTHERS = 2;

    private static final long GEOMETRY_OFFSET = 64;
    private static final long GEOMETRY_LENGTH = 11 * Long.BYTES;
    private static final long APPLIED_OFFSET = 256;
    private static final long STATE_OFFSET = 384;
    private static final long FULL_OFFSET = 392;
    private static final long OWNER_OFFSET = 400;
    private static final long FREEZE_EPOCH_OFFSET = 408;
    private static final long NEWEST_OFFSET = 416;
    private static final long RETIRING_OFFSET = 424;
    private static final long DEFERRED_OFFSET = 432;
    private static final long LEASE_OFFSET = 440;
    private static final long COMING_OFFSET = 448;
    private static final long LENDING_OFFSET = 456;
    private static final long RETURNS_OFFSET = 464;
    private static final long ENTRY_COUNT_OFFSET = 512;
    private static final long ORDINAL_END_OFFSET = 520;
    private static final long DATA_RESERVED_OFFSET = 528;
    private static final long ENTRIES_RESERVED_OFFSET = 536;
    private static final long REST_OFFSET = 640;
    private static final long HEARTBEAT_OFFSET = 704;
    private static final long SLIDE_OFFSET = 768;
    private static final long COUNTERS_OFFSET = 1024;
    private static final long TIMES_OFFSET = 1280;
    private static final int OLDEST_SHIFT = 16;
    private static final long OLDEST_MASK = (1L << 60) - (1L << OLDEST_SHIFT);

    private final MemoryRegion region;
    private final LatencyHistogram endedTimes;
    private final AtomicLong appliedSeen = new AtomicLong();

    /** Lays the status over its file. */
    public PoolStatus(MemoryRegion region) {
        this.region = region;
        this.endedTimes = new LatencyHistogram(region, TIMES_OFFSET);
    }

    /** Writes the geometry of a new pool. */
    void writeGeometry(PoolGeometry geometry) {
        region.putLong(GEOMETRY_OFFSET, geometry.dataLength());
        region.putLong(GEOMETRY_OFFSET + 8, geometry.entriesMax());
        region.putLong(GEOMETRY_OFFSET + 16, geometry.ringSlots());
        region.putLong(GEOMETRY_OFFSET + 24, geometry.markCount());
        region.putLong(GEOMETRY_OFFSET + 32, geometry.hintSets());
        region.putLong(GEOMETRY_OFFSET + 40, geometry.stagingLength());
        region.putLong(GEOMETRY_OFFSET + 48, geometry.hashSeed());
        region.putLong(GEOMETRY_OFFSET + 56, geometry.workingSet().word());
        region.putLong(
                GEOMETRY_OFFSET + 64,
                Double.doubleToLongBits(geometry.limits().fullThreshold()));
        region.putLong(GEOMETRY_OFFSET + 72, geometry.limits().clientQuota());
        region.putLong(GEOMETRY_OFFSET + 80, geometry.limits().spillLength());
        region.putLong(GEOMETRY_OFFSET + GEOMETRY_LENGTH, geometryCheck());
    }

    /**
     * The geometry, as its maker wrote it.
     *
     * @throws PoolDamagedException if it is not
     */
    public PoolGeometry geometry() {
        if (region.getLong(GEOMETRY_OFFSET + GEOMETRY_LENGTH) != geometryCheck()) {
            throw new PoolDamagedException(
                    "geometry damaged: file="
                            + PoolFile.STATUS.fileName()
                            + ", check=0x"
                            + Long.toHexString(region.getLong(GEOMETRY_OFFSET + GEOMETRY_LENGTH)));
        }
        return new PoolGeometry(
                region.getLong(GEOMETRY_OFFSET),
                (int) region.getLong(GEOMETRY_OFFSET + 8),
                (int) region.getLong(GEOMETRY_OFFSET + 16),
                (int) region.getLong(GEOMETRY_OFFSET + 24),
                (int) region.getLong(GEOMETRY_OFFSET + 32),
                (int) region.getLong(GEOMETRY_OFFSET + 40),
                region.getLong(GEOMETRY_OFFSET + 48),
                WorkingSet.of(region.getLong(GEOMETRY_OFFSET + 56)),
                new PoolLimits(
                        Double.longBitsToDouble(region.getLong(GEOMETRY_OFFSET + 64)),
                        region.getLong(GEOMETRY_OFFSET + 72),
                        region.getLong(GEOMETRY_OFFSET + 80)));
    }

    /** Position below which every operation is applied. */
    public long applied() {
        return region.getLongAcquire(APPLIED_OFFSET);
    }

    /**
     * Whether every operation below a position is applied. Looks at what this process saw last, and at
     * the file only if that is not enough: the manager writes to that line all the time, and each look
     * at it would take it from the manager's core.
     */
    public boolean isApplied(long position) {
        if (appliedSeen.getAcquire() >= position) {
            return true;
        }
        long applied = applied();
        // Release: another thread that takes it for enough must see what this one could see. An older
        // position that overwrites a newer one costs a look at the file, and no more.
        appliedSeen.setRelease(applied);
        return applied >= position;
    }

    /** Release: who sees the position also sees what the operations below it wrote. */
    public void publishApplied(long position) {
        region.putLongRelease(APPLIED_OFFSET, position);
    }

    /** The state word: STATE bits, and the oldest checkpoint; see {@link #limit}. */
    public long state() {
        return region.getLongAcquire(STATE_OFFSET);
    }

    /** Sets the STATE bits; a SEAL posted afterwards makes them take effect. */
    public void publishState(long bits) {
        region.putLongVolatile(
                STATE_OFFSET, region.getLong(STATE_OFFSET) & OLDEST_MASK | bits & ~OLDEST_MASK);
    }

    /** Whether a state word says that the dictionary is there and refuses writes. */
    public static boolean isFrozenOnly(long state) {
        return (state & ~OLDEST_MASK) == STATE_FROZEN;
    }

    /**
     * The state word is below this for whoever is at a checkpoint that is held, while the dictionary
     * is neither destroyed nor lost: one comparison tells all.
     */
    public static long limit(long checkpoint) {
        return checkpoint + 1 << OLDEST_SHIFT;
    }

    /** The oldest checkpoint held. */
    public long oldest() {
        return (state() & OLDEST_MASK) >>> OLDEST_SHIFT;
    }

    /** The newest checkpoint held. */
    public long newest() {
        return region.getLongAcquire(NEWEST_OFFSET);
    }

    /** Whether memory of versions that nobody sees any more will come back by itself. */
    public boolean isRetiring() {
        return region.getLongAcquire(RETIRING_OFFSET) != 0;
    }

    /** Publishes whether versions have yet to be pruned; after the full bits, when they are not. */
    public void publishRetiring(boolean retiring) {
        region.putLongRelease(RETIRING_OFFSET, retiring ? 1 : 0);
    }

    /** How many writes wait for the working set to move on. */
    public long deferredWrites() {
        return region.getLongAcquire(DEFERRED_OFFSET);
    }

    /** Publishes how many writes wait, before whoever posted one can be told anything. */
    public void publishDeferredWrites(long count) {
        region.putLongRelease(DEFERRED_OFFSET, count);
    }

    /** Whether the pool is owned for a time only; does not change while its service runs. */
    public boolean isLeased() {
        return region.getLongAcquire(LEASE_OFFSET) != NO_LEASE;
    }

    /** How long ago the lease was over, of one that is leased; negative while it holds. */
    public long leaseOverNs(long nowNs) {
        return nowNs - region.getLongAcquire(LEASE_OFFSET);
    }

    /** Publishes until when the lease holds; by one thread of the service. */
    public void publishLease(long deadlineNs) {
        region.putLongRelease(LEASE_OFFSET, deadlineNs);
    }

    /** Publishes which checkpoints are held; a SEAL posted afterwards lets the older ones go. */
    public void publishCheckpoints(long oldest, long newest) {
        region.putLongRelease(NEWEST_OFFSET, newest);
        long state = region.getLong(STATE_OFFSET);
        region.putLongVolatile(STATE_OFFSET, state & ~OLDEST_MASK | oldest << OLDEST_SHIFT);
    }

    /** Publishes that a persisted checkpoint is being loaded, which every call is told. */
    public void publishRestoring() {
        long state = region.getLong(STATE_OFFSET) & ~STATE_FROZEN;
        region.putLongVolatile(STATE_OFFSET, state | STATE_RESTORING | OLDEST_MASK);
    }

    /** Whether a state word says that nothing is accepted any more, now or ever. */
    static boolean isEnded(long state) {
        return (state & (STATE_DESTROYED | STATE_LOST)) != 0;
    }

    /** Publishes that a pool takes writes again; one that was being loaded is still to be emptied. */
    public void publishReopened() {
        publishState(state() & STATE_RESTORING);
        if (isFrozen(freezeEpoch())) {
            publishNextFreezeEpoch();
        }
    }

    /** Publishes the one checkpoint that is held of a pool that is being loaded. */
    public void publishRestarted(long checkpoint) {
        region.putLongRelease(NEWEST_OFFSET, checkpoint);
    }

    /**
     * Whether room comes by itself for sure: of what nobody sees any more, or as values go to the disk.
     *
     * @param ofMemory whether memory is looked for, and not an entry or quota
     */
    public boolean isRoomSure(boolean ofMemory) {
        return isRetiring() || ofMemory && region.getLongAcquire(COMING_OFFSET) == COMES_FROM_DISK;
    }

    /** Whether memory may come that others hold for a moment only. */
    public boolean comesFromOthers() {
        return region.getLongAcquire(COMING_OFFSET) == COMES_FROM_OTHERS;
    }

    /** How often clients were told that no more memory comes which others hold. */
    public long returns() {
        return region.getLongAcquire(RETURNS_OFFSET);
    }

    /** Publishes that such memory has come back, if any did, before that no more comes. */
    public void publishReturn() {
        region.putLongRelease(RETURNS_OFFSET, returns() + 1);
    }

    /** Publishes whether memory will come back by itself, and where from, before what follows. Any thread. */
    public void publishComing(long from) {
        region.putLongVolatile(COMING_OFFSET, from);
    }

    /** Whether the manager lends large values to others of its node. */
    public boolean isLending() {
        return region.getLongAcquire(LENDING_OFFSET) != 0;
    }

    /** Publishes whether the manager lends; before its clients know of it. */
    public void publishLending(boolean lends) {
        region.putLongRelease(LENDING_OFFSET, lends ? 1 : 0);
    }

    /** What there is no room for: a bit per size class, and {@link #FULL_OF_ENTRIES}. */
    public long fullBits() {
        return region.getLongAcquire(FULL_OFFSET);
    }

    /** Publishes what there is no room for. */
    public void publishFullBits(long bits) {
        region.putLongRelease(FULL_OFFSET, bits);
    }

    /** Which owner in a row the pool has; a reader that finds nothing under another one knows nothing. */
    public long owner() {
        return region.getLongAcquire(OWNER_OFFSET);
    }

    /** Announces another owner, before it changes anything. */
    public void publishNextOwner() {
        region.putLongVolatile(OWNER_OFFSET, owner() + 1);
    }

    /**
     * How many freezes and unfreezes took effect. A reader that finds the same odd number before and
     * after has read what is frozen.
     */
    public long freezeEpoch() {
        return region.getLongAcquire(FREEZE_EPOCH_OFFSET);
    }

    /** Whether nothing changes during an epoch. */
    public static boolean isFrozen(long freezeEpoch) {
        return (freezeEpoch & 1) != 0;
    }

    /** Tells that the next freeze or unfreeze has taken effect. */
    public void publishNextFreezeEpoch() {
        region.putLongVolatile(FREEZE_EPOCH_OFFSET, freezeEpoch() + 1);
    }

    /** Keys held, as of the applied position. */
    public long entryCount() {
        return region.getLongAcquire(ENTRY_COUNT_OFFSET);
    }

    /** Ordinals in use are below this. */
    public int ordinalEnd() {
        return (int) region.getLongAcquire(ORDINAL_END_OFFSET);
    }

    /** Publishes how many keys there are. */
    public void publishEntryCount(long count) {
        region.putLongRelease(ENTRY_COUNT_OFFSET, count);
    }

    /** Publishes that ordinals below an end may be in use; before the first of them is committed. */
    public void publishOrdinalEnd(int end) {
        region.putLongRelease(ORDINAL_END_OFFSET, end);
    }

    /** Bytes of a file, from its start, whose pages are there; nobody may touch others. */
    public long reserved(PoolFile file) {
        return region.getLongAcquire(reservedOffset(file));
    }

    /** Publishes that a file has its pages up to an offset. */
    public void publishReserved(PoolFile file, long length) {
        region.putLongRelease(reservedOffset(file), length);
    }

    /** Whether whoever publishes must ring the doorbell; read after publishing. */
    public boolean isAsleep() {
        return region.getLongVolatile(REST_OFFSET) == ASLEEP;
    }

    /** Whether whoever waits for what is published must ring the doorbell; read after publishing. */
    public boolean isResting() {
        return region.getLongVolatile(REST_OFFSET) != AWAKE;
    }

    /** Announces how deeply the manager rests; it looks at the ring once more afterwards. */
    public void publishRest(long rest) {
        region.putLongVolatile(REST_OFFSET, rest);
    }

    /** The manager's last sign of life, on the machine's monotonic clock in nanoseconds. */
    public long heartbeatNs() {
        return region.getLongAcquire(HEARTBEAT_OFFSET);
    }

    /** Gives a sign of life. */
    public void publishHeartbeat(long nowNs) {
        region.putLongRelease(HEARTBEAT_OFFSET, nowNs);
    }

    /** Ordinal of the record that is being slid, or 0. */
    public int slideOrdinal() {
        return (int) region.getLongAcquire(SLIDE_OFFSET);
    }

    /** Offset in the data file that a record is slid from. */
    public long slideFrom() {
        return region.getLong(SLIDE_OFFSET + 8);
    }

    /** Offset in the data file that a record is slid to. */
    public long slideTo() {
        return region.getLong(SLIDE_OFFSET + 16);
    }

    /** Length of the record that is being slid: its header may be overwritten already. */
    public long slideLength() {
        return region.getLong(SLIDE_OFFSET + 24);
    }

    /** Bytes of the record that are at their new place. */
    public long slideCopied() {
        return region.getLong(SLIDE_OFFSET + 32);
    }

    /** Notes a slide before its first byte is written; the ordinal comes last. */
    public void publishSlide(int ordinal, long from, long to, long length) {
        region.putLong(SLIDE_OFFSET + 8, from);
        region.putLong(SLIDE_OFFSET + 16, to);
        region.putLong(SLIDE_OFFSET + 24, length);
        region.putLong(SLIDE_OFFSET + 32, 0);
        region.putLongRelease(SLIDE_OFFSET, ordinal);
        // Release fence: no byte of the record may be written over before the note is there.
        VarHandle.releaseFence();
    }

    /** Notes how far a slide has come, before the next slice writes over what this one was read from. */
    public void publishSlideCopied(long copied) {
        region.putLongRelease(SLIDE_OFFSET + 32, copied);
        VarHandle.releaseFence();
    }

    /** Notes that there is no slide. */
    public void publishSlideEnd() {
        region.putLongRelease(SLIDE_OFFSET, 0);
    }

    /** A counter's value. */
    public long counter(PoolCounter counter) {
        return region.getLongAcquire(counterOffset(counter));
    }

    /** Adds to a counter; the manager is the only writer. */
    public void count(PoolCounter counter, long delta) {
        long offset = counterOffset(counter);
        region.putLong(offset, region.getLong(offset) + delta);
    }

    /** Sets a counter that is a level and not a sum. */
    public void gauge(PoolCounter counter, long value) {
        region.putLong(counterOffset(counter), value);
    }

    /** How long calls by links took that have ended; the manager alone adds to it. */
    public LatencyHistogram endedTimes() {
        return endedTimes;
    }

    private long geometryCheck() {
        long check = 1;
        for (long offset = 0; offset < GEOMETRY_LENGTH; offset += Long.BYTES) {
            check = Long.rotateLeft(check * 0x9E37_79B9_7F4A_7C15L, 29)
                    ^ region.getLong(GEOMETRY_OFFSET + offset);
        }
        return check;
    }

    private static long reservedOffset(PoolFile file) {
        return file == PoolFile.DATA ? DATA_RESERVED_OFFSET : ENTRIES_RESERVED_OFFSET;
    }

    private static long counterOffset(PoolCounter counter) {
        return COUNTERS_OFFSET + (long) counter.ordinal() * Long.BYTES;
    }
}
