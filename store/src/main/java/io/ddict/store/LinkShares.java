package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.SizeClasses;
import org.jspecify.annotations.Nullable;

/*
 * Where clients have a quota, each entry has beside it, in this heap, which link wrote its record: the
 * link's id, and how many links had that id before, so that the next one of an id inherits nothing. What
 * a record takes is asked of the allocators, never of the record, which clients can write to.
 *
 *   stored   the record counts for the link whose operation is being applied; deletion marks for nobody
 *   ended    it no longer counts for the link that wrote it, if that is still there
 *   closed   what a link wrote counts for nobody
 *
 * Nothing of it outlives the owner. A successor has no use for it: whoever wrote what it finds has lost
 * this pool's manager with the owner, and attaches anew. See docs/design/0016.
 */

/** How many bytes of the pool's records each link wrote. Owned by the pool's thread. */
public final class LinkShares {
    /** Stands for no link. */
    public static final int NOBODY = 0;

    private static final int LINK_BITS = Integer.numberOfTrailingZeros(PostingRing.LINKS_MAX);
    // Arrays for so many entries each are made as ordinals come to be used: 256 KiB.
    private static final int CHUNK_SHIFT = 16;

    private final ExtentAllocator extents;
    private final EntryArray entries;
    private final MemoryPool pool;
    private final int[][] writers;
    private final long[] used = new long[PostingRing.LINKS_MAX];
    private final int[] incarnations = new int[PostingRing.LINKS_MAX];
    private final @Nullable MemoryRegion[] regions =
            new @Nullable MemoryRegion[PostingRing.LINKS_MAX];
    private int writer = NOBODY;

    LinkShares(MemoryPool pool, int entriesMax) {
        this.pool = pool;
        this.extents = pool.extents();
        this.entries = pool.mapped().entries();
        this.writers = new int[(entriesMax >>> CHUNK_SHIFT) + 1][];
    }

    /** Counts for a link from now on, and tells its client by the link's file. */
    public void open(int link, MemoryRegion region) {
        regions[link] = region;
        incarnations[link]++;
        change(link, -used[link]);
    }

    /** Counts for a link no longer; before its file is unmapped. */
    public void close(int link) {
        regions[link] = null;
        incarnations[link]++;
        used[link] = 0;
    }

    /** Sets for which link that counts which is stored from now on. */
    public void writtenBy(int link) {
        // Never 0 for a link: ids begin at 1.
        writer = link == NOBODY ? NOBODY : link | incarnations[link] << LINK_BITS;
    }

    /** Bytes of records that a link wrote. */
    public long used(int link) {
        return used[link];
    }

    /** Bytes of an entry's record if they count for a link, else 0. */
    public long lengthOf(int ordinal, int link) {
        int token = writer(ordinal);
        boolean isIts = token != NOBODY && link(token) == link && isCounted(token);
        return isIts ? length(ordinal) : 0;
    }

    /** Bytes that an entry's record takes, on the disk too. */
    long length(int ordinal) {
        return length(ordinal, entries.handle(ordinal));
    }

    /** An entry's record was moved, to where it takes another length than before. */
    void moved(int ordinal, long lengthBefore) {
        int token = writer(ordinal);
        if (token != NOBODY && isCounted(token)) {
            change(link(token), length(ordinal) - lengthBefore);
        }
    }

    /** An entry got a record, which it did not have before. */
    void stored(int ordinal, long handle) {
        if (writer == NOBODY) {
            return;
        }
        int chunk = ordinal >>> CHUNK_SHIFT;
        if (writers[chunk] == null) {
            writers[chunk] = new int[1 << CHUNK_SHIFT];
        }
        writers[chunk][ordinal & (1 << CHUNK_SHIFT) - 1] = writer;
        change(link(writer), length(ordinal, handle));
    }

    /** An entry's record has none any more; its space is still taken. */
    void ended(int ordinal, long handle) {
        int token = writer(ordinal);
        if (token != NOBODY) {
            writers[ordinal >>> CHUNK_SHIFT][ordinal & (1 << CHUNK_SHIFT) - 1] = NOBODY;
            if (isCounted(token)) {
                change(link(token), -length(ordinal, handle));
            }
        }
    }

    private int writer(int ordinal) {
        int[] chunk = writers[ordinal >>> CHUNK_SHIFT];
        return chunk == null ? NOBODY : chunk[ordinal & (1 << CHUNK_SHIFT) - 1];
    }

    private static int link(int token) {
        return token & (1 << LINK_BITS) - 1;
    }

    private boolean isCounted(int token) {
        int link = link(token);
        return token == (link | incarnations[link] << LINK_BITS);
    }

    private void change(int link, long bytes) {
        used[link] += bytes;
        MemoryRegion region = regions[link];
        if (region != null) {
            // Release, before the applied position: who waited for that sees what it did to this.
            region.putLongRelease(LinkLayout.USED_OFFSET, used[link]);
        }
    }

    private long length(int ordinal, long handle) {
        Spill spill = pool.spill();
        return Handle.isBlock(handle)
                ? -(long) extents.span(Handle.page(handle)) * PoolGeometry.PAGE_LENGTH
                : SizeClasses.length(Handle.sizeClass(handle))
                        + (spill == null ? 0 : spill.space().lengthOf(ordinal));
    }
}
