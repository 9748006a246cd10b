package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.SizeClasses;
import java.util.Arrays;

/*
 * Small records: slabs of four pages, each cut into slots of one size class, a bit per free slot.
 * Slabs with a free slot hang in a list per class; the one used last comes first, as its lines are
 * warm. A slab whose last record went is given back at once. Slabs are aligned to their length, so
 * that a record's handle names its slab and recovery needs nothing but the handles.
 */

/** Allocates slots for small records. One thread, nothing allocated per call. */
final class SlabAllocator {
    /** Pages of a slab. */
    static final int SLAB_PAGES = ExtentAllocator.ALIGNED_PAGES;

    /** Bytes of a slab. */
    static final int SLAB_LENGTH = SLAB_PAGES * PoolGeometry.PAGE_LENGTH;

    private static final int WORDS = SLAB_LENGTH / 16 / Long.SIZE;
    private static final int NONE = -1;
    private static final int SPARSE_SEARCH_MAX = 64;
    private static final int UNUSED = -1;

    private final ExtentAllocator extents;
    private final byte[] classOf;
    private final short[] freeOf;
    private final long[] bits;
    private final int[] next;
    private final int[] previous;
    private final int[] head = new int[SizeClasses.COUNT];
    private final int[] freeSlots = new int[SizeClasses.COUNT];

    SlabAllocator(ExtentAllocator extents, int pageCount) {
        this.extents = extents;
        int slabs = pageCount / SLAB_PAGES + 1;
        this.classOf = new byte[slabs];
        this.freeOf = new short[slabs];
        this.bits = new long[slabs * WORDS];
        this.next = new int[slabs];
        this.previous = new int[slabs];
        Arrays.fill(classOf, (byte) UNUSED);
        Arrays.fill(head, NONE);
    }

    /** A slot of a size class, or {@link Handle#NONE} if there is neither a slot nor a slab. */
    long allocate(int sizeClass) {
        int slab = head[sizeClass];
        if (slab == NONE) {
            int page = extents.allocateAligned();
            if (page == ExtentAllocator.NONE) {
                return Handle.NONE;
            }
            slab = open(page / SLAB_PAGES, sizeClass);
            pushPartial(slab, sizeClass);
        }
        int slot = takeFreeSlot(slab);
        freeSlots[sizeClass]--;
        if (--freeOf[slab] == 0) {
            removePartial(slab, sizeClass);
        }
        long offset = (long) slab * SLAB_LENGTH + (long) slot * SizeClasses.length(sizeClass);
        return Handle.small(offset, sizeClass);
    }

    /** Gives a slot back. */
    void free(long handle) {
        long offset = Handle.offset(handle);
        int sizeClass = Handle.sizeClass(handle);
        int slab = (int) (offset / SLAB_LENGTH);
        int slot = (int) (offset % SLAB_LENGTH) / SizeClasses.length(sizeClass);
        long mask = 1L << (slot & 63);
        int word = slab * WORDS + (slot >>> 6);
        assert classOf[slab] == sizeClass && (bits[word] & mask) == 0 : "slot freed twice";
        bits[word] |= mask;
        freeSlots[sizeClass]++;
        freeOf[slab]++;
        if (freeOf[slab] == slotsOf(sizeClass)) {
            release(slab, sizeClass);
        } else if (freeOf[slab] == 1) {
            pushPartial(slab, sizeClass);
        }
    }

    /** Slots of a class that are free in slabs that exist. */
    int freeSlots(int sizeClass) {
        return freeSlots[sizeClass];
    }

    /** Free bytes in slabs that exist. */
    long freeBytes() {
        long bytes = 0;
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            bytes += freeBytes(sizeClass);
        }
        return bytes;
    }

    /** Whether a run of pages is a slab. */
    boolean isSlab(int page) {
        return page % SLAB_PAGES == 0 && classOf[page / SLAB_PAGES] != UNUSED;
    }

    /** The size class of a slab. */
    int sizeClassOf(int page) {
        return classOf[page / SLAB_PAGES];
    }

    /** Whether a slab's slot holds a record. */
    boolean isUsed(int page, int slot) {
        return (bits[page / SLAB_PAGES * WORDS + (slot >>> 6)] & 1L << (slot & 63)) == 0;
    }

    /**
     * First page of a slab whose records would fit into others of its class, or -1: of the class
     * with most free bytes the emptiest, among those used last.
     */
    int findSparse() {
        int best = NONE;
        for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
            if (freeSlots[sizeClass] >= slotsOf(sizeClass)
                    && (best == NONE || freeBytes(sizeClass) > freeBytes(best))) {
                best = sizeClass;
            }
        }
        return best == NONE ? NONE : emptiest(best) * SLAB_PAGES;
    }

    /** Takes a slab out of use, records and all; they and its pages are the caller's. */
    void retire(int page) {
        int slab = page / SLAB_PAGES;
        int sizeClass = classOf[slab];
        removePartial(slab, sizeClass);
        freeSlots[sizeClass] -= freeOf[slab];
        classOf[slab] = UNUSED;
    }

    /** The slab's records lie in another run of pages now, slot by slot; its own is the caller's. */
    void moved(int page, int targetPage) {
        int slab = page / SLAB_PAGES;
        int target = targetPage / SLAB_PAGES;
        int sizeClass = classOf[slab];
        boolean partial = freeOf[slab] > 0;
        if (partial) {
            removePartial(slab, sizeClass);
        }
        classOf[target] = (byte) sizeClass;
        freeOf[target] = freeOf[slab];
        System.arraycopy(bits, slab * WORDS, bits, target * WORDS, WORDS);
        classOf[slab] = UNUSED;
        if (partial) {
            pushPartial(target, sizeClass);
        }
    }

    /** Recovery: takes the slot of a record that exists; false if the handle cannot be one. */
    boolean occupy(long handle) {
        long offset = Handle.offset(handle);
        int sizeClass = Handle.sizeClass(handle);
        int slab = (int) (offset / SLAB_LENGTH);
        int within = (int) (offset % SLAB_LENGTH);
        if (sizeClass >= SizeClasses.COUNT
                || slab < 1
                || slab >= classOf.length - 1
                || within % SizeClasses.length(sizeClass) != 0
                || within / SizeClasses.length(sizeClass) >= slotsOf(sizeClass)) {
            return false;
        }
        if (classOf[slab] == UNUSED) {
            if (!extents.occupy(slab * SLAB_PAGES, SLAB_PAGES)) {
                return false;
            }
            open(slab, sizeClass);
            pushPartial(slab, sizeClass);
        }
        int slot = within / SizeClasses.length(sizeClass);
        long mask = 1L << (slot & 63);
        int word = slab * WORDS + (slot >>> 6);
        if (classOf[slab] != sizeClass || (bits[word] & mask) == 0) {
            return false;
        }
        bits[word] &= ~mask;
        freeSlots[sizeClass]--;
        if (--freeOf[slab] == 0) {
            removePartial(slab, sizeClass);
        }
        return true;
    }

    static int slotsOf(int sizeClass) {
        return SLAB_LENGTH / SizeClasses.length(sizeClass);
    }

    private long freeBytes(int sizeClass) {
        return (long) freeSlots[sizeClass] * SizeClasses.length(sizeClass);
    }

    private int emptiest(int sizeClass) {
        int best = head[sizeClass];
        int looked = 0;
        for (int slab = best; slab != NONE && looked < SPARSE_SEARCH_MAX; slab = next[slab]) {
            best = freeOf[slab] > freeOf[best] ? slab : best;
            looked++;
        }
        return best;
    }

    private int open(int slab, int sizeClass) {
        int slots = slotsOf(sizeClass);
        classOf[slab] = (byte) sizeClass;
        freeOf[slab] = (short) slots;
        freeSlots[sizeClass] += slots;
        int first = slab * WORDS;
        Arrays.fill(bits, first, first + WORDS, 0);
        Arrays.fill(bits, first, first + (slots >>> 6), -1L);
        if ((slots & 63) != 0) {
            bits[first + (slots >>> 6)] = (1L << (slots & 63)) - 1;
        }
        return slab;
    }

    private void release(int slab, int sizeClass) {
        removePartial(slab, sizeClass);
        freeSlots[sizeClass] -= freeOf[slab];
        classOf[slab] = UNUSED;
        extents.free(slab * SLAB_PAGES, SLAB_PAGES);
    }

    private int takeFreeSlot(int slab) {
        int word = slab * WORDS;
        while (bits[word] == 0) {
            word++;
        }
        int bit = Long.numberOfTrailingZeros(bits[word]);
        bits[word] &= bits[word] - 1;
        return ((word - slab * WORDS) << 6) + bit;
    }

    private void pushPartial(int slab, int sizeClass) {
        int first = head[sizeClass];
        next[slab] = first;
        previous[slab] = NONE;
        if (first != NONE) {
            previous[first] = slab;
        }
        head[sizeClass] = slab;
    }

    private void removePartial(int slab, int sizeClass) {
        int after = next[slab];
        int before = previous[slab];
        if (before == NONE) {
            head[sizeClass] = after;
        } else {
            next[before] = after;
        }
        if (after != NONE) {
            previous[after] = before;
        }
    }
}
