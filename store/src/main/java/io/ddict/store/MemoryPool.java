package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.Preload;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.table.KeyTable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 * The owner's view of a pool: what a manager's one thread does to it.
 *
 * An operation changes the pool by one 8-byte store, the entry's handle. Everything before it only
 * fills space that nothing refers to; everything after it (table, hint, the old record's space,
 * counters, the applied position) is derived from the entries or harmless to repeat. So a crash at
 * any store leaves each operation done or not done, and what the heap knew is rebuilt by scanning
 * the entries.
 *
 * Operations from the applied position on may already be done when a successor meets them. Each
 * record carries the version (position + 1) of the operation that wrote it: one that meets a
 * version at or above its own was done before and is skipped. Operations on one key are in order,
 * so skipping or repeating a suffix of them ends in the same state; of a key's versions the one that
 * the operation's checkpoint sees counts. There is no journal. One case needs more: a removal on a
 * condition leaves nothing behind that says it was done, and an earlier operation, repeated, may bring
 * the key back under a version that the condition does not name. So the applied position is published
 * before such a removal, and nothing before it is repeated.
 *
 * Memory is held back so that an accepted put cannot fail: what can be posted and not yet applied
 * is bounded by the staging rings, and puts are refused (by the full bits that clients check)
 * before less than that is free.
 */

/** One manager's memory pool, owned. Every method is for the manager's thread alone. */
public final class MemoryPool implements AutoCloseable {
    // A block that is given ahead of need takes at most this part of what is free.
    private static final int SPARE_SHARE = 16;

    private final MappedPool pool;
    private final PoolStatus status;
    private final EntryArray entries;
    private final HintTable hints;
    private final MemoryRegion data;
    private final KeyIndex index;
    private final ExtentAllocator extents;
    private final SlabAllocator slabs;
    private final Ordinals ordinals;
    private final DeferredFrees frees = new DeferredFrees();
    private final PageReserver reserver;
    private final Compactor compactor;
    private BooleanSupplier hasPins = () -> false;
    private final KeptBlocks keptBlocks;
    private final HeldCheckpoints checkpoints;
    private final @Nullable VersionChains versions;
    private final Snapshots snapshots;
    private long entryCount;
    private final HoldBack holdBack;
    private final StoredValues values;
    private final ExpirySweep expiry;
    private final FullBits fullBits;
    private final @Nullable LinkShares shares;
    private final @Nullable Spill spill;
    private final ComingRoom coming;
    private final Loans loans;
    private final Borrowed borrowed = new Borrowed();

    private MemoryPool(MappedPool pool, KeyIndex index) throws IOException {
        PoolGeometry geometry = pool.geometry();
        int pageCount = (int) (geometry.dataLength() / PoolGeometry.PAGE_LENGTH);
        this.pool = pool;
        this.status = pool.status();
        this.entries = pool.entries();
        this.hints = pool.hints();
        this.data = pool.data();
        this.index = index;
        this.extents = new ExtentAllocator(pageCount);
        this.keptBlocks = new KeptBlocks(extents);
        this.slabs = new SlabAllocator(extents, pageCount);
        this.ordinals = new Ordinals(geometry.entriesMax());
        this.holdBack = new HoldBack(geometry);
        this.compactor = new Compactor(this, frees, () -> hasPins.getAsBoolean());
        this.checkpoints = new HeldCheckpoints(this, pool.versions());
        this.versions = checkpoints.versions();
        this.snapshots = new Snapshots(this, pool.versions());
        this.values = new StoredValues(pool, borrowed);
        this.expiry = new ExpirySweep(this);
        this.shares =
                geometry.limits().clientQuota() == PoolLimits.NO_QUOTA
                        ? null
                        : new LinkShares(this, geometry.entriesMax());
        this.fullBits = new FullBits(status, ordinals, index, slabs, holdBack);
        this.spill = Spill.of(this, frees);
        this.coming = new ComingRoom(this, frees);
        this.loans = new Loans(this, coming);
        this.reserver =
                new PageReserver(pool, EntryArray.lengthThrough(geometry.entriesMax()));
    }

    /**
     * Makes a pool in an empty directory. Takes about 30 ms for each 32 MiB, at most 32 MiB at once;
     * the rest of its memory is reserved in the background.
     *
     * @param memoryLength bytes for everything together
     * @param keysMax most keys
     * @param hashSeed seed of the dictionary's key hash
     * @throws IOException if the file system has no room; what was made is left to the caller
     */
    public static MemoryPool create(
            Path directory, long memoryLength, int keysMax, long hashSeed) throws IOException {
        return create(
                directory,
                geometry(memoryLength, keysMax, hashSeed, WorkingSet.SINGLE),
                MemoryRegion::new);
    }

    /** Splits a pool's memory between its files; see {@link PoolGeometry#of}. */
    public static PoolGeometry geometry(
            long memoryLength, int keysMax, long hashSeed, WorkingSet workingSet) {
        return PoolGeometry.of(
                memoryLength, keysMax, KeyTable::fileLength, hashSeed, workingSet);
    }

    /** Makes a pool of a geometry, whose stores may go through regions of one's own. */
    public static MemoryPool create(
            Path directory,
            PoolGeometry geometry,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        MemoryPool owned = own(MappedPool.create(directory, geometry, regions));
        if (owned.spill != null) {
            owned.spill.begin();
        }
        owned.adoptReserved();
        owned.publishLimits();
        return owned;
    }

    /** Takes over the mapped files, and unmaps them if that fails. */
    static MemoryPool own(MappedPool pool) throws IOException {
        KeyIndex index = null;
        try {
            index = new KeyIndex(pool);
            return new MemoryPool(pool, index);
        } catch (IOException | RuntimeException | Error e) {
            if (index != null) {
                index.close();
            }
            pool.close();
            throw e;
        }
    }

    /** The mapped files. */
    public MappedPool mapped() {
        return pool;
    }

    /** Keys that have a value at the newest checkpoint. */
    public long entryCount() {
        return versions == null ? entryCount : checkpoints.entryCount(checkpoints.newest());
    }

    /** The checkpoints held. */
    public HeldCheckpoints checkpoints() {
        return checkpoints;
    }

    /** What is being copied out of it. */
    public Snapshots snapshots() {
        return snapshots;
    }

    /** Why not all memory could be reserved, or empty. */
    public String reserveFailure() {
        return reserver.failure();
    }

    /** As the other, with an ordinal that the key may have, or 0, which is looked at first. */
    public int find(
            int guess,
            long hash,
            byte keyTag,
            MemoryRegion keyRegion,
            long keyOffset,
            int keyLength) {
        return guess != 0
                && index.isKeyOf(guess, keyTag, keyRegion, keyOffset, keyLength)
                && (versions == null || versions.isNewest(guess))
                        ? guess
                        : find(hash, keyTag, keyRegion, keyOffset, keyLength);
    }

    /** The key's ordinal, or 0. The key is compared in place with the bytes of the region. */
    public int find(
            long hash, byte keyTag, MemoryRegion keyRegion, long keyOffset, int keyLength) {
        return index.find(hash, keyTag, keyRegion, keyOffset, keyLength);
    }

    /** The ordinal in a guess that {@link Preload} made, or 0. */
    public int guessedOrdinal(long guess) {
        return hints.ordinal(guess);
    }

    /** What entries hold. */
    public StoredValues values() {
        return values;
    }

    /** What each link wrote, where clients have a quota; else null. */
    public @Nullable LinkShares shares() {
        return shares;
    }

    /** What moves large values to a disk; null where none is to be. */
    public @Nullable Spill spill() {
        return spill;
    }

    /** What tells clients of memory that comes back by itself. */
    public ComingRoom coming() {
        return coming;
    }

    /** The blocks that it lends to other pools of the node. */
    public Loans loans() {
        return loans;
    }

    /** What its entries have of other pools. */
    public Borrowed borrowed() {
        return borrowed;
    }

    /** What ends keys whose time is over. */
    public ExpirySweep expiry() {
        return expiry;
    }

    /**
     * Stores the inline key and value of an operation.
     *
     * @param ordinal the key's, as {@link #find} just gave it; 0 stores a new key
     * @return whether there was room; with the hold-back kept there always is: false is a broken invariant
     */
    public boolean storeInline(int ordinal, Operation operation, long position) {
        long record = allocate(operation.keyLength(), operation.valueLength());
        int target = target(ordinal, record);
        if (target == 0) {
            return false;
        }
        long offset = Handle.offset(record);
        // Key, padding and value lie as in the record, so that one copy takes all.
        copyKey(offset, operation, operation.valueLength());
        writeHeader(offset, operation, operation.valueLength(), target, operation.valueTag(),
                position);
        commit(ordinal, target, record, operation.hash(), position);
        return true;
    }

    /** Stores what stands for a loan under the inline key of an operation; else as storeInline. */
    public boolean storeLent(int ordinal, Operation operation, Loan loan, long position) {
        long record = allocate(operation.keyLength(), RecordLayout.LENT_LENGTH);
        int target = target(ordinal, record);
        if (target == 0) {
            return false;
        }
        long offset = Handle.offset(record);
        copyKey(offset, operation, 0);
        loan.write(data, offset + RecordLayout.valueOffset(operation.keyLength()));
        writeHeader(offset, operation, RecordLayout.LENT_LENGTH, target, RecordLayout.TAG_LENT,
                position);
        commit(ordinal, target, record, operation.hash(), position);
        borrowed.stored(target, loan);
        return true;
    }

    /** Stores a 64-bit integer under the inline key of an operation; else as storeInline. */
    public boolean storeLong(
            int ordinal, Operation operation, long value, long position) {
        long record = allocate(operation.keyLength(), Long.BYTES);
        int target = target(ordinal, record);
        if (target == 0) {
            return false;
        }
        long offset = Handle.offset(record);
        copyKey(offset, operation, 0);
        data.putLong(offset + RecordLayout.valueOffset(operation.keyLength()), value);
        writeHeader(offset, operation, Long.BYTES, target, operation.valueTag(), position);
        commit(ordinal, target, record, operation.hash(), position);
        return true;
    }

    /**
     * Makes the block that an operation names, with key and value already in it, the key's record.
     * Pages beyond the record are given back.
     */
    public boolean storeBlock(
            int ordinal, Operation operation, int page, int pages, long position) {
        int target = ordinal != 0 ? ordinal : nextOrdinal();
        if (target == 0) {
            return false;
        }
        long record = Handle.block(page);
        int needed = RecordLayout.pages(operation.keyLength(), operation.valueLength());
        extents.trim(page, pages, page, needed);
        writeHeader(
                Handle.offset(record),
                operation,
                operation.valueLength(),
                target,
                operation.valueTag(),
                position);
        commit(ordinal, target, record, operation.hash(), position);
        if (spill != null) {
            spill.stored(target, ordinal != 0);
        }
        return true;
    }

    /**
     * Ends the key at the checkpoint aimed at; where a later one may see older values, by a mark.
     *
     * @return whether there was room for the mark
     */
    public boolean removeAimed(
            int ordinal, Operation operation, long position) {
        if (versions == null) {
            remove(ordinal, operation.hash(), position);
            return true;
        }
        if (!versions.leavesMark()) {
            versions.unlinkSeen(operation.hash(), position);
        } else if (!versions.storeMark(operation, allocate(operation.keyLength(), 0), position)) {
            return false;
        }
        status.count(PoolCounter.REMOVALS, 1);
        return true;
    }

    /** Ends a key. */
    public void remove(int ordinal, long hash, long position) {
        end(ordinal, hash, position, true);
        entryCount--;
        status.count(PoolCounter.REMOVALS, 1);
    }

    /** Ends an entry, and with the last of a key's entries the key. */
    void end(int ordinal, long hash, long position, boolean endsKey) {
        snapshots.beforeChange(ordinal);
        long handle = entries.handle(ordinal);
        entries.publishChange(ordinal, Handle.NONE);
        if (endsKey) {
            index.remove(ordinal, hash);
        }
        giveUp(ordinal, handle, position);
        ordinals.free(ordinal);
    }

    /**
     * Ends every key that has a value at a held checkpoint, as of the operation at a position.
     *
     * @return whether there was room for deletion marks; if not, nothing was changed
     */
    public boolean clear(long checkpoint, long position) {
        if (versions != null) {
            return versions.clear(checkpoint, position);
        }
        endAll(position, position);
        return true;
    }

    /**
     * Ends every version of every key, and makes one checkpoint, perhaps an older one, the only one held.
     * Nothing that was posted may be left in the ring.
     *
     * @param position the applied position
     */
    public void restart(long checkpoint, long position) {
        endAll(Long.MAX_VALUE, position);
        checkpoints.restart(checkpoint);
    }

    // Ends every entry whose record was written up to a position, as of the operation at another.
    private void endAll(long writtenUpTo, long position) {
        boolean survivors = false;
        for (int ordinal = 1; ordinal < ordinals.end(); ordinal++) {
            long handle = entries.handle(ordinal);
            if (handle != Handle.NONE) {
                if (RecordLayout.version(data, Handle.offset(handle)) > writtenUpTo) {
                    survivors = true;
                } else {
                    snapshots.beforeChange(ordinal);
                    entries.publishChange(ordinal, Handle.NONE);
                    giveUp(ordinal, handle, position);
                    ordinals.free(ordinal);
                    entryCount--;
                    status.count(PoolCounter.REMOVALS, 1);
                }
            }
        }
        index.clear();
        if (survivors) {
            index.addAll(ordinals.end());
        }
    }

    /** Whether so many small records of each size class and new entries fit with the hold-back kept. */
    boolean hasRoom(int[] recordsOfClass, int newEntries) {
        int pages = 0;
        for (int sizeClass = 0; sizeClass < recordsOfClass.length; sizeClass++) {
            int slots = SlabAllocator.slotsOf(sizeClass);
            pages += Math.ceilDiv(recordsOfClass[sizeClass], slots) * SlabAllocator.SLAB_PAGES;
        }
        return (pages == 0 || slabPages() - heldBackPages() >= pages)
                && (newEntries == 0 || ordinals.remaining() - holdBack.entries() >= newEntries);
    }

    /** A block of so many pages with the hold-back kept, or {@link #NO_BLOCK}. */
    public int grantBlock(int pages) {
        if (slabPages() - pages < heldBackPages()) {
            awaitReserved(pages);
        }
        int page = extents.allocate(pages, true);
        if (page != NO_BLOCK && slabPages() < heldBackPages()) {
            extents.free(page, pages);
            return NO_BLOCK;
        }
        return page;
    }

    /** No block: see {@link #grantBlock}. */
    public static final int NO_BLOCK = ExtentAllocator.NONE;

    /**
     * Gives back a block that a posted operation names and no entry refers to, when its batch ends.
     * A successor takes the blocks of all operations from the applied position on, so nothing else
     * may lie there before the position has passed this one.
     */
    public void freeBlockAfterBatch(int page, int pages, long position) {
        frees.add(Handle.block(page), pages, position);
    }

    /** Blocks that recovery kept for clients. */
    public KeptBlocks keptBlocks() {
        return keptBlocks;
    }

    /** Gives back a block that neither an entry nor a posted operation refers to. */
    public void freeBlock(int page, int pages) {
        extents.free(page, pages);
    }

    /** Whether so many pages are so few of those free that giving them ahead of need harms nobody. */
    public boolean hasPagesToSpare(int pages) {
        return (slabPages() - heldBackPages()) / SPARE_SHARE >= pages;
    }

    /** Whether enough for so many clients can be held back, and memory be left. */
    public boolean hasRoomForLinks(int count) {
        return holdBack.hasRoomForLinks(count);
    }

    /** Holds back what so many clients can have posted. */
    public void holdBack(int linkCount) {
        holdBack.links(linkCount);
        publishLimits();
    }

    /** Before a batch: adopts what was reserved since, and waits for more where it is needed. */
    public void beforeBatch() {
        if (!reserver.isFinished() || extents.pageEnd() * 4096L < status.reserved(PoolFile.DATA)) {
            adoptReserved();
            if (slabPages() < heldBackPages() + HoldBack.BATCH_PAGES) {
                awaitReserved(HoldBack.BATCH_PAGES);
            }
        }
    }

    /**
     * After a batch: frees what was given up and no reader is pinned to, and publishes the limits.
     *
     * @param oldestPin the oldest applied position that a reader began at, or Long.MAX_VALUE
     */
    public void afterBatch(long oldestPin) {
        if (!frees.isEmpty() && frees.release(oldestPin, slabs, extents, borrowed, spill) > 0) {
            status.count(PoolCounter.FREES_PINNED, 1);
        }
        status.publishEntryCount(entryCount());
        publishLimits();
    }

    /** Whether space waits for {@link #afterBatch}; if so the caller looks at the pins first. */
    public boolean hasDeferredFrees() {
        loans.takeBack();
        return !frees.isEmpty();
    }

    /** Sets what tells whether a reader holds a pin; without it there are no readers. */
    public void pinnedBy(BooleanSupplier readers) {
        hasPins = readers;
    }

    /** Whether free space lies in so many pieces that {@link #compact} is due. */
    public boolean isCompactionDue() {
        // Moves take every used slot for an entry's.
        return !snapshots.hasKept() && compactor.isWorthwhile(isShort(HoldBack.BATCH_PAGES));
    }

    /**
     * Joins free space a little: one move, at most 4 MiB. Needs {@link #afterBatch}, as batches do.
     *
     * @param position the applied position
     * @return whether anything was moved
     */
    public boolean compact(long position) {
        return !snapshots.hasKept() && compactor.step(position, isShort(HoldBack.BATCH_PAGES));
    }

    /** As the other, for a block of so many pages that is wanted. */
    public boolean compact(long position, int pages) {
        return !snapshots.hasKept() && compactor.step(position, isShort(pages));
    }

    /** Whether so many pages could be had with the hold-back kept, were all that is free joined. */
    public boolean hasPages(int pages) {
        return freeBytes() / PoolGeometry.PAGE_LENGTH - pages >= heldBackPages();
    }

    /** What there is no room for. */
    public FullBits fullBits() {
        return fullBits;
    }

    /** Bytes free for records and blocks, the hold-back included. */
    public long freeBytes() {
        return (long) extents.freePages() * PoolGeometry.PAGE_LENGTH + slabs.freeBytes();
    }

    /** Longest free run in bytes. */
    public long largestFreeBytes() {
        return (long) extents.largestFree() * PoolGeometry.PAGE_LENGTH;
    }

    /** Writes the levels that statistics show. */
    public void publishGauges() {
        long free = freeBytes();
        long reserved = (long) (extents.pageEnd() - 1) * PoolGeometry.PAGE_LENGTH;
        status.gauge(PoolCounter.FREE_BYTES, free);
        status.gauge(PoolCounter.USED_BYTES, reserved - free);
        status.gauge(PoolCounter.LARGEST_FREE_BYTES, largestFreeBytes());
    }

    @Override
    public void close() {
        reserver.close();
        if (spill != null) {
            spill.close();
        }
        index.close();
        pool.close();
    }

    ExtentAllocator extents() {
        return extents;
    }

    SlabAllocator slabs() {
        return slabs;
    }

    Ordinals ordinals() {
        return ordinals;
    }

    KeyIndex index() {
        return index;
    }

    /** Recovery: counts an entry that was found. */
    void countRecovered() {
        entryCount++;
    }

    /** Adopts the pages that were reserved since. */
    void adoptReserved() {
        extents.extendTo((int) (status.reserved(PoolFile.DATA) / PoolGeometry.PAGE_LENGTH));
    }

    private void awaitReserved(int pages) {
        while (slabPages() - pages < heldBackPages() && !reserver.isFinished()) {
            reserver.awaitStep();
            adoptReserved();
        }
        adoptReserved();
    }

    /** Space for a record, or none; what is held back is for small ones. */
    long allocate(int keyLength, long valueLength) {
        if (!SizeClasses.isSmall(keyLength, valueLength)) {
            int page = grantBlock(RecordLayout.pages(keyLength, valueLength));
            return page == NO_BLOCK ? Handle.NONE : Handle.block(page);
        }
        return slabs.allocate(
                SizeClasses.ofLength(RecordLayout.length(keyLength, valueLength)));
    }

    /** The entry that takes a record; 0 if there is none, or no record. */
    int target(int ordinal, long record) {
        return record == Handle.NONE ? 0 : ordinal != 0 ? ordinal : nextOrdinal();
    }

    int nextOrdinal() {
        if (!ordinals.isNextNew()) {
            return ordinals.allocate();
        }
        if (!awaitEntryReserved(ordinals.end())) {
            return 0;
        }
        int ordinal = ordinals.allocate();
        status.publishOrdinalEnd(ordinals.end());
        return ordinal;
    }

    private boolean awaitEntryReserved(int ordinal) {
        long length = EntryArray.lengthThrough(ordinal);
        while (length > status.reserved(PoolFile.ENTRIES) && !reserver.isFinished()) {
            reserver.awaitStep();
        }
        return length <= status.reserved(PoolFile.ENTRIES);
    }

    // Free pages that slabs can be made of: what is held back must be had whatever comes.
    private boolean isShort(int pages) {
        return slabPages() < heldBackPages() + pages;
    }

    /** Free pages that nothing may take but what was accepted, and the spill its part of them. */
    int heldBackPages() {
        return holdBack.pages(extents.pageEnd());
    }

    /** Whether a small record of a class has room beside what must be kept for what was accepted. */
    boolean hasRoomForMove(int sizeClass) {
        return slabs.freeSlots(sizeClass) > holdBack.records(sizeClass)
                || slabPages() - SlabAllocator.SLAB_PAGES >= holdBack.leastPages();
    }

    /** Whether all memory is there that will be. */
    boolean isReserved() {
        return reserver.isFinished();
    }

    int slabPages() {
        return extents.freeAligned() * SlabAllocator.SLAB_PAGES;
    }

    private void copyKey(long offset, Operation operation, long lengthBehind) {
        data.copyFrom(
                offset + RecordLayout.HEADER_LENGTH,
                operation.region().readOnlySegment(),
                operation.keyOffset(),
                operation.valueOffset() - operation.keyOffset() + lengthBehind);
    }

    private void writeHeader(
            long offset,
            Operation operation,
            long valueLength,
            int ordinal,
            byte valueTag,
            long position) {
        expiry.onStored(valueTag);
        if (versions == null && checkpoints.newest() != 0) {
            entries.putWritten(ordinal, operation.checkpoint());
        }
        RecordLayout.writeHeader(
                data,
                offset,
                position + 1,
                operation.keyLength(),
                valueLength,
                ordinal,
                operation.keyTag(),
                valueTag);
    }

    void commit(int ordinal, int target, long record, long hash, long position) {
        if (ordinal == 0) {
            commitNew(target, record, hash, position);
            return;
        }
        snapshots.beforeChange(target);
        long old = entries.handle(target);
        if (versions != null) {
            versions.prepareOverwrite(target, record, position);
        }
        entries.publishChange(target, record);
        hints.update(hash, target, Handle.offset(record));
        snapshots.stored(target, record);
        giveUp(target, old, position);
        countStored(PoolCounter.OVERWRITES, target, record);
    }

    // Marks are counted as what they are for, removals, and are nobody's.
    private void countStored(PoolCounter counter, int ordinal, long record) {
        if (!isMark(record)) {
            status.count(counter, 1);
            if (shares != null) {
                shares.stored(ordinal, record);
            }
        }
    }

    private boolean isMark(long record) {
        return versions != null
                && RecordLayout.valueTag(data, Handle.offset(record)) == RecordLayout.TAG_DELETED;
    }

    private void commitNew(int target, long record, long hash, long position) {
        if (versions != null) {
            versions.prepare(target, position);
        }
        entries.publishNew(target, record, position);
        if (versions == null || versions.link(target, hash)) {
            index.add(target, hash);
        }
        entryCount++;
        snapshots.stored(target, record);
        countStored(PoolCounter.INSERTS, target, record);
    }

    private void giveUp(int ordinal, long handle, long position) {
        borrowed.givenUp(ordinal, handle);
        if (shares != null) {
            shares.ended(ordinal, handle);
        }
        if (spill != null) {
            spill.space().givenUp(ordinal, handle, snapshots.isKept(handle), position);
        }
        giveUp(handle, position);
    }

    private void giveUp(long handle, long position) {
        if (snapshots.isKept(handle)) {
            return;
        }
        if (!Handle.isBlock(handle)) {
            frees.add(handle, 0, position);
        } else if (!loans.isHeldByOthers(Handle.page(handle), position)) {
            giveUpBlock(Handle.page(handle), position);
        }
    }

    /** Gives up a block; its pages are not those of the header, where clients can write. */
    void giveUpBlock(int page, long position) {
        frees.add(Handle.block(page), -extents.span(page), position);
    }

    /** Gives up a record that no entry leads to and no snapshot keeps any more. */
    void giveUpKept(long handle) {
        if (spill != null) {
            spill.space().keptGivenUp(handle, status.applied());
        }
        giveUp(handle, status.applied());
    }

    private void publishLimits() {
        if (reserver.isFinished()) {
            ordinals.lowerMax(EntryArray.lastOrdinalWithin(status.reserved(PoolFile.ENTRIES)));
        }
        boolean isShort = slabPages() < heldBackPages() && reserver.isFinished();
        // First: whoever is refused then sees that it had better wait.
        if (spill != null) {
            spill.look();
        } else if (isShort) {
            coming.refusing();
        }
        fullBits.publish(isShort);
        if (spill != null) {
            spill.publish();
        } else {
            coming.look();
        }
    }
}
