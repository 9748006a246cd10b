package io.ddict.store;

import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.SizeClasses;

/*
 * What is posted was accepted, and must find room. It is bounded twice, by the slots of the ring and
 * by the staging rings of the links; and each link may publish one operation more that it had checked
 * before the limits changed. On top comes what one batch may take between two looks at the limits.
 * Whoever made the pool may want more to be kept free, but cannot have less.
 */

/** How much a pool keeps free, so that no accepted put can fail. */
final class HoldBack {
    /** Pages that a batch takes at most. */
    static final int BATCH_PAGES = (int) pages(PoolGeometry.BATCH_MAX * recordLengthMax());

    private final PoolGeometry geometry;
    private final int dataPages;
    private int links;
    private int pages;
    private int leastPages;

    HoldBack(PoolGeometry geometry) {
        this.geometry = geometry;
        this.dataPages = (int) (geometry.dataLength() / PoolGeometry.PAGE_LENGTH);
    }

    /** Whether so many links leave at least an eighth of the memory. */
    boolean hasRoomForLinks(int count) {
        return pagesKeptFor(count) <= dataPages - dataPages / 8;
    }

    /** Keeps enough for so many links from now on. */
    void links(int count) {
        links = count;
        pages = pagesKeptFor(count);
        leastPages = pagesFor(count);
    }

    /** The same of what is kept for accepted puts alone, however much of it the last ones took. */
    int leastPages() {
        return leastPages;
    }

    /**
     * Free pages, in whole slabs, that are kept of those there are: by the pool's full threshold at
     * least. None before it was said how many links there are.
     */
    int pages(int pagesThere) {
        return pages == 0 ? 0 : Math.max(pages, geometry.limits().pagesKept(pagesThere));
    }

    /** Free entries that are kept. */
    int entries() {
        return Math.max(
                geometry.entriesHeldBack(),
                geometry.ringSlots() + PoolGeometry.BATCH_MAX + links);
    }

    /** Most posted records of a class; each takes more staging than the next smaller class holds. */
    long records(int sizeClass) {
        int least = sizeClass == 0 ? 64 : Math.max(64, SizeClasses.length(sizeClass - 1));
        return Math.min(operations(links), stagedLength(links) / least + 1);
    }

    // What was accepted may take its part just when all else is full: then values must go to the disk yet.
    private int pagesKeptFor(int count) {
        int least = pagesFor(count);
        return geometry.limits().spills() ? 2 * least + Spill.PAGES_KEPT : least;
    }

    private int pagesFor(int count) {
        // Worst are records of 4097 bytes: staged they take 4160, in a slab a third more.
        long posted =
                Math.min(stagedLength(count) / 3 * 4, operations(count) * recordLengthMax());
        long batch = Math.min(posted, PoolGeometry.BATCH_MAX * recordLengthMax());
        long slabPerClass = (long) SizeClasses.COUNT * SlabAllocator.SLAB_LENGTH;
        return (int) pages(posted + batch + slabPerClass);
    }

    private long operations(int count) {
        return (long) geometry.ringSlots() + count;
    }

    private long stagedLength(int count) {
        return (long) count * geometry.stagingLength();
    }

    // What the largest small records take: three to a slab.
    private static long recordLengthMax() {
        return SlabAllocator.SLAB_LENGTH / 3;
    }

    private static long pages(long length) {
        return length / PoolGeometry.PAGE_LENGTH;
    }
}
