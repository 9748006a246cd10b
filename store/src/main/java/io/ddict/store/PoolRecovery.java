package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolDamagedException;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/*
 * Rebuilds what an owner kept in its heap, from what it had committed:
 *
 *   1. every entry with a handle is a key, or a version of one: its record's space is taken, its key
 *      is indexed, versions are linked by the checkpoints they were put at;
 *      when that is so of all pools of the node, what they lent each other is taken (Loans);
 *   2. every block that a client holds, by its link's file, is kept: the client may be alive and
 *      write into it yet, and post it;
 *   3. every block that a posted, unapplied operation names is kept too, and every loan;
 *   4. everything else is free.
 *
 * Entries get a new generation, keys or not: the owner may have ended between changing a handle and
 * the generation, and a reader that was stopped in between must not take what comes next for whole.
 * It is an even one, should the owner have ended when it had announced a move and noted none.
 *
 * What is held and posted lies where clients write, and is believed only as far as it names free
 * pages. What was kept is for the next manager to give to the links it belongs to.
 */

/** One recovery of one pool. */
public final class PoolRecovery {
    private final MemoryPool owned;
    private final MappedPool pool;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final Map<Integer, MemoryRegion> links = new HashMap<>();
    private final Map<Integer, Long> borrowers = new HashMap<>();
    private final long reserved;

    private PoolRecovery(MemoryPool owned) {
        this.owned = owned;
        this.pool = owned.mapped();
        this.entries = pool.entries();
        this.data = pool.data();
        this.reserved = pool.status().reserved(PoolFile.DATA);
    }

    /**
     * Takes over the pool of an owner that ended in whatever way: scans the entries, and rebuilds
     * the table, the hints and what is allocated. Posted operations are applied afterwards, by
     * whoever drains the ring from the applied position on.
     *
     * @throws PoolDamagedException naming the entry, if a record is not intact
     */
    public static MemoryPool recover(Path directory) throws IOException {
        return recover(directory, MemoryRegion::new);
    }

    /** The same, with regions of the caller's making. */
    public static MemoryPool recover(
            Path directory, Function<MemorySegment, MemoryRegion> regions) throws IOException {
        return recover(0, List.of(directory), regions).getFirst();
    }

    /**
     * Takes over the pools of a node for clients to come, in whatever state their owner ended: they are
     * neither frozen, nor destroyed, nor lost any more. Whoever had one open when it was destroyed or lost
     * goes on to see just that. Clients of an owner that was killed are not shut out, so that what they post
     * to the last is applied. One whose content was being replaced is left to be emptied.
     *
     * @param firstNumber of the first one's manager; the others' follow
     */
    public static List<MemoryPool> reopen(int firstNumber, List<Path> directories)
            throws IOException {
        for (Path each : directories) {
            MappedPool.shutOutIfEnded(each);
        }
        List<MemoryPool> pools = recover(firstNumber, directories, MemoryRegion::new);
        pools.forEach(each -> each.mapped().status().publishReopened());
        return pools;
    }

    static List<MemoryPool> recover(
            int firstNumber,
            List<Path> directories,
            Function<MemorySegment, MemoryRegion> regions)
            throws IOException {
        List<MemoryPool> pools = new ArrayList<>();
        try {
            for (Path each : directories) {
                pools.add(MemoryPool.own(MappedPool.openAsOwner(each, regions)));
            }
            Loans.introduce(firstNumber, pools);
            List<PoolRecovery> recoveries = pools.stream().map(PoolRecovery::new).toList();
            recoveries.forEach(PoolRecovery::begin);
            recoveries.forEach(PoolRecovery::takeLent);
            try (Arena arena = Arena.ofShared()) {
                for (PoolRecovery each : recoveries) {
                    each.openLinks(arena);
                    each.links.values().forEach(each::keepHeldBlocks);
                }
                // Clients that post now find out afterwards that the owner is another.
                VarHandle.fullFence();
                recoveries.forEach(PoolRecovery::holdPostedLoans);
                recoveries.forEach(PoolRecovery::end);
            }
            return pools;
        } catch (IOException | RuntimeException | Error e) {
            pools.forEach(MemoryPool::close);
            throw e;
        }
    }

    private void begin() {
        pool.status().publishNextOwner();
        new Slide(pool).complete();
        pool.hints().clear();
        owned.checkpoints().startRecovery();
        takeEntries();
    }

    private void takeLent() {
        borrowers.forEach(this::takeLent);
    }

    private void takeLent(int ordinal, long handle) {
        long offset = Handle.offset(handle);
        int keyLength = RecordLayout.keyLength(data, offset);
        long start = offset + RecordLayout.valueOffset(keyLength);
        boolean isLent = RecordLayout.valueLength(data, offset) == RecordLayout.LENT_LENGTH;
        Loans lender =
                isLent ? owned.borrowed().lender(RecordLayout.lender(data, start)) : null;
        long valueOffset = isLent ? RecordLayout.awayOffset(data, start) : 0;
        long block = valueOffset - RecordLayout.valueOffset(keyLength);
        Loan loan = lender == null || !Handle.isBlockStart(block)
                ? null
                : lender.borrowFound(
                        Handle.page(block), RecordLayout.lentVersion(data, start));
        if (loan == null) {
            throw damaged("value of an entry that another pool lent is not there", ordinal, handle);
        }
        owned.borrowed().stored(ordinal, loan);
    }

    private void end() {
        forEachPosted(this::keepPostedBlock);
        pool.status().publishComing(PoolStatus.COMES_NOTHING);
        owned.extents().finishRecovery((int) (reserved / PoolGeometry.PAGE_LENGTH));
        if (owned.spill() != null) {
            owned.spill().begin();
        }
        owned.adoptReserved();
        pool.status().publishEntryCount(owned.entryCount());
    }

    private void takeEntries() {
        int end = Math.max(1, pool.status().ordinalEnd());
        if (EntryArray.lengthThrough(end - 1) > pool.status().reserved(PoolFile.ENTRIES)) {
            throw damaged("ordinal end is beyond the entries", end, Handle.NONE);
        }
        owned.ordinals().startAt(end);
        for (int ordinal = end - 1; ordinal >= 1; ordinal--) {
            long handle = entries.handle(ordinal);
            entries.publishMoveEnd(ordinal, handle);
            if (handle == Handle.NONE) {
                owned.ordinals().free(ordinal);
            } else {
                takeRecord(ordinal, handle);
                index(ordinal, handle);
            }
        }
        countVersions(end);
        // Release fence: no byte of an old record may be written again before the generations.
        VarHandle.releaseFence();
    }

    private void index(int ordinal, long handle) {
        long hash = owned.index().hashOf(Handle.offset(handle));
        VersionChains versions = owned.checkpoints().versions();
        if (versions == null) {
            owned.index().add(ordinal, hash);
            owned.countRecovered();
        } else if (!versions.adopt(ordinal, hash)) {
            throw damaged("two versions are of one checkpoint", ordinal, handle);
        }
    }

    private void countVersions(int end) {
        VersionChains versions = owned.checkpoints().versions();
        if (versions != null) {
            for (int ordinal = 1; ordinal < end; ordinal++) {
                if (entries.handle(ordinal) != Handle.NONE) {
                    versions.countAdopted(ordinal);
                }
            }
        }
    }

    private void takeRecord(int ordinal, long handle) {
        long offset = Handle.offset(handle);
        if (offset < PoolGeometry.PAGE_LENGTH
                || offset % Long.BYTES != 0
                || offset > reserved - RecordLayout.HEADER_LENGTH) {
            throw damaged("handle of an entry is outside the data", ordinal, handle);
        }
        if (!RecordLayout.isIntact(data, offset) || RecordLayout.ordinal(data, offset) != ordinal) {
            throw damaged("record of an entry is not intact", ordinal, handle);
        }
        int keyLength = RecordLayout.keyLength(data, offset);
        long valueLength = RecordLayout.valueLength(data, offset);
        if (RecordLayout.length(keyLength, valueLength) > reserved - offset) {
            throw damaged("record of an entry is outside the data", ordinal, handle);
        }
        byte valueTag = RecordLayout.valueTag(data, offset);
        owned.expiry().onStored(valueTag);
        if (valueTag == RecordLayout.TAG_SPILLED && !takeSpilled(ordinal, offset)) {
            throw damaged("space of an entry on the disk cannot be its", ordinal, handle);
        }
        if (valueTag == RecordLayout.TAG_LENT) {
            borrowers.put(ordinal, handle);
        }
        if (Handle.isBlock(handle)) {
            int pages = RecordLayout.pages(keyLength, valueLength);
            boolean isPage = offset % PoolGeometry.PAGE_LENGTH == 0;
            if (!isPage || !owned.extents().occupy(Handle.page(handle), pages)) {
                throw damaged("space of an entry is taken", ordinal, handle);
            }
        } else if (!owned.slabs().occupy(handle)) {
            throw damaged("handle of an entry names no free slot", ordinal, handle);
        }
    }

    private boolean takeSpilled(int ordinal, long offset) {
        Spill spill = owned.spill();
        long start =
                offset + RecordLayout.valueOffset(RecordLayout.keyLength(data, offset));
        byte valueTag = RecordLayout.awayTag(data, start);
        owned.expiry().onStored(valueTag);
        return spill != null
                && RecordLayout.valueLength(data, offset) == RecordLayout.spilledLength(valueTag)
                && spill.space().occupy(
                        ordinal,
                        RecordLayout.awayOffset(data, start),
                        RecordLayout.awayLength(data, start));
    }

    private void openLinks(Arena arena) throws IOException {
        for (int id : pool.linkIds()) {
            try {
                links.put(id, pool.openLink(id, arena));
            } catch (PoolDamagedException e) {
                // The owner ended while it made the file, and told nobody; or its client broke it.
                Files.delete(pool.linkPath(id));
                Files.deleteIfExists(pool.bellPath(id));
            }
        }
    }

    private void keepHeldBlocks(MemoryRegion link) {
        for (int slot = 0; slot < LinkLayout.HELD; slot++) {
            long held = link.getLongAcquire(LinkLayout.heldOffset(slot));
            if (held != 0) {
                keepBlock(LinkLayout.grantPage(held), LinkLayout.grantPages(held));
            }
        }
    }

    private void holdPostedLoans() {
        forEachPosted(operation -> {
            if (operation.valueTag() == RecordLayout.TAG_LENT && operation.block() == 0) {
                long lent = operation.region().getLong(operation.valueOffset());
                Loans lender = owned.borrowed().lender(Operation.lender(lent));
                if (lender != null) {
                    lender.holdFound(
                            Operation.lentPage(lent),
                            operation.region().getLong(operation.valueOffset() + Long.BYTES));
                }
            }
        });
    }

    // The puts that were posted, and not applied, or not told to be.
    private void forEachPosted(Consumer<Operation> consumer) {
        PostingRing ring = pool.ring();
        long end = pool.status().applied() + ring.capacity();
        for (long position = pool.status().applied(); position < end
                && ring.isFilled(position); position++) {
            long slot = ring.slot(position);
            MemoryRegion region = links.get(PostingRing.link(slot));
            long offset =
                    LinkLayout.STAGING_OFFSET
                            + (long) PostingRing.stagingIndex(slot) * PostingRing.STAGING_UNIT;
            if (region != null && offset <= region.length() - Operation.HEADER_LENGTH) {
                Operation operation = new Operation(region).wrap(region, offset);
                if (isWhole(operation, region.length() - offset)) {
                    consumer.accept(operation);
                }
            }
        }
    }

    private boolean isWhole(Operation operation, long lengthMax) {
        return operation.kind() == Operation.PUT
                && operation.keyLength() >= 0
                && operation.valueLength() >= 0
                && operation.valueLength() <= reserved
                && (operation.block() != 0
                        || Operation.length(operation.keyLength(), operation.valueLength())
                                <= lengthMax);
    }

    private void keepPostedBlock(Operation operation) {
        if (operation.block() != 0) {
            keepBlock(
                    LinkLayout.grantPage(operation.block()),
                    RecordLayout.pages(operation.keyLength(), operation.valueLength()));
        }
    }

    // Not where an entry has it, whose operation was applied before, nor what is kept already.
    private void keepBlock(int page, int pages) {
        if (page <= reserved / PoolGeometry.PAGE_LENGTH - pages
                && owned.extents().occupy(page, pages)) {
            owned.keptBlocks().add(page, pages);
        }
    }

    private PoolDamagedException damaged(String what, int ordinal, long handle) {
        return new PoolDamagedException(
                what
                        + ": directory="
                        + pool.directory()
                        + ", ordinal="
                        + ordinal
                        + ", handle=0x"
                        + Long.toHexString(handle));
    }
}
