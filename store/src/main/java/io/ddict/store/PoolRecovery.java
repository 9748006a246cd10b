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
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;

/*
 * Rebuilds what an owner kept in its heap, from what it had committed:
 *
 *   1. every entry with a handle is a key, or a version of one: its record's space is taken, its key
 *      is indexed, versions are linked by the checkpoints they were put at;
 *   2. every block that a client holds, by its link's file, is kept: the client may be alive and
 *      write into it yet, and post it;
 *   3. every block that a posted, unapplied operation names is kept too;
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
final class PoolRecovery {
    private final MemoryPool owned;
    private final MappedPool pool;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final Map<Integer, MemoryRegion> links = new HashMap<>();
    private final long reserved;

    PoolRecovery(MemoryPool owned) {
        this.owned = owned;
        this.pool = owned.mapped();
        this.entries = pool.entries();
        this.data = pool.data();
        this.reserved = pool.status().reserved(PoolFile.DATA);
    }

    void run() throws IOException {
        pool.status().publishNextOwner();
        new Slide(pool).complete();
        pool.hints().clear();
        owned.checkpoints().startRecovery();
        takeEntries();
        try (Arena arena = Arena.ofShared()) {
            openLinks(arena);
            links.values().forEach(this::keepHeldBlocks);
            keepPostedBlocks();
        }
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
        if (Handle.isBlock(handle)) {
            int pages = MemoryPool.pagesOf(keyLength, valueLength);
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
        byte valueTag = RecordLayout.spilledTag(data, start);
        owned.expiry().onStored(valueTag);
        return spill != null
                && RecordLayout.valueLength(data, offset) == RecordLayout.spilledLength(valueTag)
                && spill.space().occupy(
                        ordinal,
                        RecordLayout.spilledOffset(data, start),
                        RecordLayout.spilledLength(data, start));
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

    private void keepPostedBlocks() {
        PostingRing ring = pool.ring();
        long end = pool.status().applied() + ring.capacity();
        for (long position = pool.status().applied(); position < end
                && ring.isFilled(position); position++) {
            keepPostedBlock(ring.slot(position));
        }
    }

    private void keepPostedBlock(long slot) {
        MemoryRegion region = links.get(PostingRing.link(slot));
        long offset =
                LinkLayout.STAGING_OFFSET
                        + (long) PostingRing.stagingIndex(slot) * PostingRing.STAGING_UNIT;
        if (region == null || offset > region.length() - Operation.HEADER_LENGTH) {
            return;
        }
        Operation operation = new Operation(region).wrap(region, offset);
        if (operation.kind() == Operation.PUT
                && operation.block() != 0
                && operation.keyLength() >= 0
                && operation.valueLength() >= 0
                && operation.valueLength() <= reserved) {
            keepBlock(
                    LinkLayout.grantPage(operation.block()),
                    MemoryPool.pagesOf(operation.keyLength(), operation.valueLength()));
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
