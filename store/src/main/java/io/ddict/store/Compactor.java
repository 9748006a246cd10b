package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import java.util.function.BooleanSupplier;

/*
 * Joins free space, by making the longest free run longer: its shorter neighbour moves into a hole
 * elsewhere. If no hole takes a neighbour, the first free run of the file changes places with the
 * block behind it, and so wanders right and swallows the holes there. Every move either lengthens
 * the longest run or carries the first one right, so it ends.
 *
 * When pages are short, slabs with few records are emptied into others of their class.
 *
 * A move copies a record (or a whole slab) and then commits it as an overwrite does: entry's handle,
 * generation, and the old place is free once no reader is pinned to it. Records never change, so a
 * large one is copied in slices over many duty cycles; if it was replaced meanwhile the copy is
 * dropped. Only a block longer than the run it changes places with is moved over itself: see Slide.
 * Nothing is moved while freed space waits for readers, for a slot that waits has no entry.
 */

/** Moves records so that large blocks can be had. The manager's thread. */
final class Compactor {
    // A slice costs the manager about half a millisecond.
    private static final long SLICE_LENGTH = 4L << 20;
    // Less free space than this part of the pool is not worth joining.
    private static final int FREE_SHARE_MIN = 128;

    private final ExtentAllocator extents;
    private final SlabAllocator slabs;
    private final DeferredFrees frees;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final MemoryPool pool;
    private final PoolStatus status;
    private final BooleanSupplier hasPins;
    private final Slide slide;
    private int movingOrdinal;
    private long movingGeneration;
    private long movingFrom;
    private int movingTo;
    private int movingPages;
    private long copied;

    Compactor(MemoryPool pool, DeferredFrees frees, BooleanSupplier hasPins) {
        this.pool = pool;
        this.hasPins = hasPins;
        this.slide = new Slide(pool.mapped());
        this.extents = pool.extents();
        this.slabs = pool.slabs();
        this.frees = frees;
        this.entries = pool.mapped().entries();
        this.data = pool.mapped().data();
        this.status = pool.mapped().status();
    }

    /**
     * Whether the longest free run is less than half of what is free, and that is not little; or
     * pages are short while slabs have many free slots.
     */
    boolean isWorthwhile(boolean pagesAreShort) {
        int free = extents.freePages();
        return movingOrdinal != 0
                || pagesAreShort && slabs.findSparse() > 0
                || free > extents.pageEnd() / FREE_SHARE_MIN
                        && extents.largestFree() < largestFreeWanted(free);
    }

    // Half of what is free, slots of slabs included, as statistics count it; but no more than can be
    // had without moving something for nearly every removal.
    private long largestFreeWanted(int free) {
        long all = free + slabs.freeBytes() / PoolGeometry.PAGE_LENGTH;
        return Math.min(all / 2 + 1, free * 3L / 4);
    }

    /**
     * Does one move, or one slice of a long one.
     *
     * @param position the applied position; what is given up is stamped with it
     * @param pagesAreShort whether slabs are to be merged for their pages
     * @return whether anything was done
     */
    boolean step(long position, boolean pagesAreShort) {
        if (movingOrdinal != 0) {
            copySlice(position);
            return true;
        }
        if (!frees.isEmpty()) {
            return false;
        }
        int sparse = pagesAreShort ? slabs.findSparse() : ExtentAllocator.NONE;
        if (sparse > 0) {
            mergeSlab(sparse, position);
            return true;
        }
        int run = extents.largestFreeFirst();
        return run != ExtentAllocator.NONE && moveNeighbour(run, position);
    }

    private boolean moveNeighbour(int run, long position) {
        int length = extents.span(run);
        int right = run + length;
        int rightPages = right < extents.pageEnd() ? -extents.span(right) : 0;
        int leftPages = run > 1 ? -extents.span(run - 1) : 0;
        boolean leftFirst = leftPages > 0 && (rightPages <= 0 || leftPages < rightPages);
        int first = leftFirst ? run - leftPages : right;
        int second = leftFirst ? right : run - leftPages;
        return moveAway(run, first, leftFirst ? leftPages : rightPages, position)
                || moveAway(run, second, leftFirst ? rightPages : leftPages, position)
                || slideFirst(position);
    }

    // Into a hole other than the run, which is out of reach while it counts as allocated.
    private boolean moveAway(int run, int page, int pages, long position) {
        if (pages <= 0 || !isMovable(page, pages)) {
            return false;
        }
        int length = extents.span(run);
        extents.take(run);
        int target =
                slabs.isSlab(page) ? extents.allocateAligned() : extents.allocate(pages, false);
        extents.free(run, length);
        if (target == ExtentAllocator.NONE) {
            return false;
        }
        move(page, pages, target, position);
        return true;
    }

    // The first free run that has a movable block behind it, and more free space behind that.
    private boolean slideFirst(long position) {
        int page = 1;
        while (page < extents.pageEnd()) {
            int span = extents.span(page);
            if (span > 0) {
                int block = page + span;
                int pages = block < extents.pageEnd() ? -extents.span(block) : 0;
                if (pages > 0
                        && canTakeTheRun(page, span, block)
                        && isMovable(block, pages)
                        && hasHolesBehind(block + pages)) {
                    return slide(page, span, block, pages, position);
                }
            }
            page += Math.abs(span);
        }
        return false;
    }

    // A slab needs an aligned place within the run; a block may reach beyond it.
    private boolean canTakeTheRun(int run, int length, int block) {
        return !slabs.isSlab(block)
                || aligned(run) + SlabAllocator.SLAB_PAGES <= run + length;
    }

    private static int aligned(int page) {
        return (page + SlabAllocator.SLAB_PAGES - 1) & -SlabAllocator.SLAB_PAGES;
    }

    private boolean slide(int run, int length, int block, int pages, long position) {
        extents.take(run);
        int target = slabs.isSlab(block) ? aligned(run) : run;
        if (target + pages <= run + length) {
            extents.trim(run, length, target, pages);
            move(block, pages, target, position);
            return true;
        }
        return moveOverItself(run, length, block, pages);
    }

    private boolean moveOverItself(int run, int length, int block, int pages) {
        long offset = (long) block * PoolGeometry.PAGE_LENGTH;
        int ordinal = RecordLayout.ordinal(data, offset);
        entries.publishMoveStart(ordinal);
        if (hasPins.getAsBoolean()) {
            entries.publishMoveEnd(ordinal, Handle.block(block));
            extents.free(run, length);
            return false;
        }
        long bytes =
                RecordLayout.length(
                        RecordLayout.keyLength(data, offset),
                        RecordLayout.valueLength(data, offset));
        slide.run(ordinal, block, run, bytes);
        pool.index().updateHint(ordinal);
        extents.swap(run, length, pages);
        status.count(PoolCounter.RECORDS_MOVED, 1);
        return true;
    }

    private boolean hasHolesBehind(int page) {
        int each = page;
        while (each < extents.pageEnd()) {
            int span = extents.span(each);
            if (span > 0) {
                return true;
            }
            each -= span;
        }
        return false;
    }

    // Blocks granted and not posted yet have no entry; only their client knows them.
    private boolean isMovable(int page, int pages) {
        if (slabs.isSlab(page)) {
            return true;
        }
        long offset = (long) page * PoolGeometry.PAGE_LENGTH;
        if (!RecordLayout.isIntact(data, offset)) {
            return false;
        }
        int ordinal = RecordLayout.ordinal(data, offset);
        return ordinal > 0
                && ordinal < status.ordinalEnd()
                && entries.handle(ordinal) == Handle.block(page)
                && !pool.loans().isLent(page)
                && pages
                        == RecordLayout.pages(
                                RecordLayout.keyLength(data, offset),
                                RecordLayout.valueLength(data, offset));
    }

    private void move(int page, int pages, int target, long position) {
        if (slabs.isSlab(page)) {
            moveSlab(page, target, position);
        } else {
            movingOrdinal =
                    RecordLayout.ordinal(data, (long) page * PoolGeometry.PAGE_LENGTH);
            movingGeneration = entries.generation(movingOrdinal);
            movingFrom = Handle.block(page);
            movingTo = target;
            movingPages = pages;
            copied = 0;
            copySlice(position);
        }
    }

    private void copySlice(long position) {
        // Not the handle: the key may have got another record in the same place between two slices.
        if (entries.generation(movingOrdinal) != movingGeneration
                || pool.loans().isLent(Handle.page(movingFrom))) {
            extents.free(movingTo, movingPages);
            movingOrdinal = 0;
            return;
        }
        long from = Handle.offset(movingFrom);
        long to = (long) movingTo * PoolGeometry.PAGE_LENGTH;
        long length =
                RecordLayout.length(
                        RecordLayout.keyLength(data, from), RecordLayout.valueLength(data, from));
        long slice = Math.min(SLICE_LENGTH, length - copied);
        data.copyFrom(to + copied, data.readOnlySegment(), from + copied, slice);
        copied += slice;
        if (copied == length) {
            publishMoved(movingOrdinal, Handle.block(movingTo));
            frees.add(movingFrom, movingPages, position);
            movingOrdinal = 0;
        }
    }

    // Its records go into free slots of other slabs, which are enough: no slab is opened for them.
    private void mergeSlab(int page, long position) {
        long from = (long) page * PoolGeometry.PAGE_LENGTH;
        int sizeClass = slabs.sizeClassOf(page);
        int length = SizeClasses.length(sizeClass);
        slabs.retire(page);
        for (int slot = 0; slot < SlabAllocator.slotsOf(sizeClass); slot++) {
            if (slabs.isUsed(page, slot)) {
                long within = from + (long) slot * length;
                long target = slabs.allocate(sizeClass);
                data.copyFrom(Handle.offset(target), data.readOnlySegment(), within, length);
                publishMoved(RecordLayout.ordinal(data, within), target);
            }
        }
        frees.add(Handle.block(page), SlabAllocator.SLAB_PAGES, position);
    }

    private void moveSlab(int page, int target, long position) {
        long from = (long) page * PoolGeometry.PAGE_LENGTH;
        long to = (long) target * PoolGeometry.PAGE_LENGTH;
        int sizeClass = slabs.sizeClassOf(page);
        int length = SizeClasses.length(sizeClass);
        for (int slot = 0; slot < SlabAllocator.slotsOf(sizeClass); slot++) {
            if (slabs.isUsed(page, slot)) {
                long within = (long) slot * length;
                data.copyFrom(to + within, data.readOnlySegment(), from + within, length);
                publishMoved(
                        RecordLayout.ordinal(data, from + within),
                        Handle.small(to + within, sizeClass));
            }
        }
        slabs.moved(page, target);
        frees.add(Handle.block(page), SlabAllocator.SLAB_PAGES, position);
    }

    private void publishMoved(int ordinal, long handle) {
        entries.publishChange(ordinal, handle);
        pool.index().updateHint(ordinal);
        status.count(PoolCounter.RECORDS_MOVED, 1);
    }
}
