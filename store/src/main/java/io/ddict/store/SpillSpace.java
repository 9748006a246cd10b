package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.PoolGeometry;
import java.util.HashMap;
import java.util.Map;

/*
 * Noted here by the entries' ordinals, and not believed from the records, where clients can write. The file
 * itself says nothing of what is in it: a successor finds that by the records, as it finds everything.
 */

/** Who has which pages of the file on the disk. The manager's thread. */
final class SpillSpace {
    /** No page: the first one holds the file's header. */
    static final int NONE = 0;

    private static final int CHUNK_SHIFT = 16;

    private final long length;
    private final DeferredFrees frees;
    private final ExtentAllocator extents;
    private final int[][] pageOf;
    private final Map<Long, Integer> keptPages = new HashMap<>();

    /** Makes the map of a file; all of it is in use until {@link #begin}. */
    SpillSpace(long length, int entriesMax, DeferredFrees frees) {
        this.length = length;
        this.frees = frees;
        this.extents = new ExtentAllocator((int) (length / PoolGeometry.PAGE_LENGTH));
        this.pageOf = new int[(entriesMax >>> CHUNK_SHIFT) + 1][];
    }

    /** Recovery: takes what a record says to have; false if it cannot have it. */
    boolean occupy(int ordinal, long offset, long valueLength) {
        if (offset % PoolGeometry.PAGE_LENGTH != 0
                || valueLength < 1
                || offset < PoolGeometry.PAGE_LENGTH
                || offset > length - valueLength) {
            return false;
        }
        int page = (int) (offset / PoolGeometry.PAGE_LENGTH);
        set(ordinal, page);
        return extents.occupy(page, pages(valueLength));
    }

    /** All that was not occupied is free; of a new file, all. */
    void begin() {
        extents.finishRecovery((int) (length / PoolGeometry.PAGE_LENGTH));
    }

    /** Takes space for a value; its first page, or {@link #NONE}. */
    int allocate(long valueLength) {
        int page = extents.allocate(pages(valueLength), false);
        return page == ExtentAllocator.NONE ? NONE : page;
    }

    /** Takes back space that nobody reads. */
    void free(int page) {
        free(page, pagesAt(page));
    }

    /** The same of so many pages. */
    void free(int page, int pages) {
        extents.free(page, pages);
    }

    /** Takes back space when its readers are done. */
    void giveUp(int page, long position) {
        frees.add(Handle.spilled(page), pagesAt(page), position);
    }

    /** An entry's record was given up; its space is kept with it, or given up too. */
    void givenUp(int ordinal, long handle, boolean isKept, long position) {
        int page = page(ordinal);
        if (page == NONE) {
            return;
        }
        set(ordinal, NONE);
        if (isKept) {
            keptPages.put(handle, page);
        } else {
            giveUp(page, position);
        }
    }

    /** A kept record was given up. */
    void keptGivenUp(long handle, long position) {
        Integer page = keptPages.remove(handle);
        if (page != null) {
            giveUp(page, position);
        }
    }

    /** First page of an entry's value, or {@link #NONE}. */
    int page(int ordinal) {
        int[] chunk = pageOf[ordinal >>> CHUNK_SHIFT];
        return chunk == null ? NONE : chunk[ordinal & (1 << CHUNK_SHIFT) - 1];
    }

    /** Notes where an entry's value is, or that it is not here. */
    void set(int ordinal, int page) {
        int chunk = ordinal >>> CHUNK_SHIFT;
        if (pageOf[chunk] == null) {
            pageOf[chunk] = new int[1 << CHUNK_SHIFT];
        }
        pageOf[chunk][ordinal & (1 << CHUNK_SHIFT) - 1] = page;
    }

    /** Bytes that an entry's value has, with rounding. */
    long lengthOf(int ordinal) {
        int page = page(ordinal);
        return page == NONE ? 0 : lengthAt(page);
    }

    /** Whether so long a value takes what begins at a page. */
    boolean isOf(long valueLength, int page) {
        long taken = lengthAt(page);
        return valueLength <= taken && valueLength > taken - PoolGeometry.PAGE_LENGTH;
    }

    /** Bytes in use. */
    long usedLength() {
        return (extents.pageEnd() - 1L - extents.freePages()) * PoolGeometry.PAGE_LENGTH;
    }

    /** Pages that so long a value takes. */
    static int pages(long valueLength) {
        return (int) ((valueLength + PoolGeometry.PAGE_LENGTH - 1) / PoolGeometry.PAGE_LENGTH);
    }

    private long lengthAt(int page) {
        return (long) pagesAt(page) * PoolGeometry.PAGE_LENGTH;
    }

    private int pagesAt(int page) {
        return -extents.span(page);
    }
}
