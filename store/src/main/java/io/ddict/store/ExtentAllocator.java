package io.ddict.store;

import java.util.Arrays;

/*
 * Runs of pages, by the two-level segregated fit of Masmano, Ripoll, Crespo and Real (TLSF, 2004):
 * free extents hang in bins by size, eight bins per doubling, and neighbours are joined at once by
 * boundary tags. All of it lies in int arrays, 12 bytes per 4 KiB page, so nothing is allocated per
 * call. Within the bin of the wanted size the first FIT_SEARCH_MAX extents are tried for the
 * tightest fit; then any extent of a larger bin will do.
 *
 * Aligned runs, for slabs, are counted: what is held back must be had as slabs, however broken up
 * the rest is. A free extent of seven pages or more holds one in any case; shorter ones that hold
 * one have bins of their own, so that neither the count nor the next run takes a search.
 *
 *   span[first page], span[last page]:  pages of the extent, negative if it is allocated
 *   next, previous[first page]:         the bin's list, for a free extent
 */

/** Allocates runs of pages of the data file. One thread. */
final class ExtentAllocator {
    /** Returned when no run is long enough. */
    static final int NONE = -1;

    private static final int FIT_SEARCH_MAX = 16;
    private static final int BINS_PER_DOUBLING_SHIFT = 3;
    private static final int BINS = 32 << BINS_PER_DOUBLING_SHIFT;

    /** Pages of an aligned run: its first page is a multiple of so many. */
    static final int ALIGNED_PAGES = 4;

    private final int pageCount;
    private final int[] span;
    private final int[] next;
    private final int[] previous;
    private final int[] binHead = new int[BINS];
    private final long[] binUsed = new long[BINS / Long.SIZE];
    private int pageEnd;
    private int freePages;
    private int freeAligned;

    /** Makes an allocator without pages; {@link #extendTo} brings them. Page 0 is never given. */
    ExtentAllocator(int pageCount) {
        this.pageCount = pageCount;
        this.span = new int[pageCount + 1];
        this.next = new int[pageCount + 1];
        this.previous = new int[pageCount + 1];
        this.pageEnd = 1;
        Arrays.fill(binHead, NONE);
    }

    /** Adds the pages up to an end. */
    void extendTo(int end) {
        if (end > pageEnd) {
            int first = pageEnd;
            pageEnd = end;
            span[first] = -(end - first);
            span[end - 1] = -(end - first);
            free(first, end - first);
        }
    }

    /**
     * Allocates a run.
     *
     * @param pages at least 1
     * @param high from the far end of the extent found, so that short-lived large runs and small
     *     ones grow from opposite sides
     * @return its first page, or {@link #NONE}
     */
    int allocate(int pages, boolean high) {
        int extent = find(pages);
        if (extent == NONE) {
            return NONE;
        }
        int length = span[extent];
        unlink(extent, length);
        freePages -= pages;
        int rest = length - pages;
        int first = high ? extent + rest : extent;
        if (rest > 0) {
            link(high ? extent : extent + pages, rest);
        }
        markAllocated(first, pages);
        return first;
    }

    /** Allocates {@link #ALIGNED_PAGES} aligned pages; {@link #NONE} only if there are none. */
    int allocateAligned() {
        int extent = findAligned();
        if (extent == NONE) {
            return NONE;
        }
        int length = span[extent];
        int first = alignUp(extent);
        int end = first + ALIGNED_PAGES;
        unlink(extent, length);
        freePages -= ALIGNED_PAGES;
        if (first > extent) {
            link(extent, first - extent);
        }
        if (end < extent + length) {
            link(end, extent + length - end);
        }
        markAllocated(first, ALIGNED_PAGES);
        return first;
    }

    /** Allocates a whole free extent by its first page. */
    void take(int first) {
        int pages = span[first];
        unlink(first, pages);
        freePages -= pages;
        markAllocated(first, pages);
    }

    /**
     * The run that was taken free and the block behind it have changed places: the block starts where
     * the run did, and the run is free behind it.
     */
    void swap(int first, int freePagesBefore, int blockPages) {
        int freeFirst = first + blockPages;
        markAllocated(first, blockPages);
        markAllocated(freeFirst, freePagesBefore);
        free(freeFirst, freePagesBefore);
    }

    /** Gives back all of an allocated run but {@code pages} from {@code first}. */
    void trim(int allocatedFirst, int allocatedPages, int first, int pages) {
        int before = first - allocatedFirst;
        int after = allocatedPages - before - pages;
        markAllocated(first, pages);
        if (before > 0) {
            markAllocated(allocatedFirst, before);
            free(allocatedFirst, before);
        }
        if (after > 0) {
            markAllocated(first + pages, after);
            free(first + pages, after);
        }
    }

    /** Gives back an allocated run and joins it with free neighbours. */
    void free(int first, int pages) {
        assert span[first] == -pages : "not an allocated run: first=" + first + ", pages=" + pages;
        freePages += pages;
        int start = first;
        int end = first + pages;
        if (start > 1 && span[start - 1] > 0) {
            start -= span[start - 1];
            unlink(start, first - start);
        }
        if (end < pageEnd && span[end] > 0) {
            int length = span[end];
            unlink(end, length);
            end += length;
        }
        link(start, end - start);
    }

    /** Pages that can be had, in runs of any length. */
    int freePages() {
        return freePages;
    }

    /** Aligned runs that can be had. */
    int freeAligned() {
        return freeAligned;
    }

    /** Pages that are there, free or not. */
    int pageEnd() {
        return pageEnd;
    }

    /** Length of the longest free run. */
    int largestFree() {
        int first = largestFreeFirst();
        return first == NONE ? 0 : span[first];
    }

    /** First page of the longest free run, or {@link #NONE}. */
    int largestFreeFirst() {
        int longest = NONE;
        for (int bin = BINS - 1; bin >= 0 && longest == NONE; bin--) {
            for (int extent = binHead[bin]; extent != NONE; extent = next[extent]) {
                if (longest == NONE || span[extent] > span[longest]) {
                    longest = extent;
                }
            }
        }
        return longest;
    }

    /** Pages of the extent that starts or ends at a page; negative if it is allocated. */
    int span(int page) {
        return span[page];
    }

    /**
     * Recovery: takes a run out of an allocator that was not extended yet; false if it lies outside
     * the file or meets a run that was taken before. Every page is marked, to see that.
     */
    boolean occupy(int first, int pages) {
        if (first < 1 || pages < 1 || first > pageCount - pages) {
            return false;
        }
        for (int page = first; page < first + pages; page++) {
            if (span[page] != 0) {
                return false;
            }
        }
        Arrays.fill(span, first, first + pages, -pages);
        return true;
    }

    /** Recovery: everything up to an end that was not occupied is free. */
    void finishRecovery(int end) {
        pageEnd = end;
        int page = 1;
        while (page < end) {
            if (span[page] < 0) {
                page -= span[page];
            } else {
                int gap = page;
                while (page < end && span[page] == 0) {
                    page++;
                }
                freePages += page - gap;
                link(gap, page - gap);
            }
        }
    }

    private int find(int pages) {
        int wanted = bin(pages);
        int best = NONE;
        int tried = 0;
        for (int extent = binHead[wanted]; extent != NONE && tried < FIT_SEARCH_MAX; extent =
                next[extent], tried++) {
            if (span[extent] >= pages && (best == NONE || span[extent] < span[best])) {
                best = extent;
            }
        }
        return best != NONE ? best : firstAbove(wanted, pages);
    }

    private int firstAbove(int bin, int pages) {
        for (int above = nextUsed(bin + 1); above < BINS; above = nextUsed(above + 1)) {
            if (span[binHead[above]] >= pages) {
                return binHead[above];
            }
        }
        return lastOfBin(bin, pages);
    }

    // The wanted bin holds runs both shorter and longer than wanted: the last resort looks at all.
    private int lastOfBin(int bin, int pages) {
        for (int extent = binHead[bin]; extent != NONE; extent = next[extent]) {
            if (span[extent] >= pages) {
                return extent;
            }
        }
        return NONE;
    }

    private int findAligned() {
        for (int bin = nextUsed(bin(ALIGNED_PAGES)); bin < BINS; bin = nextUsed(bin + 1)) {
            int extent = binHead[bin];
            if (alignedRuns(extent, span[extent]) > 0) {
                return extent;
            }
        }
        return NONE;
    }

    private static int alignedRuns(int first, int pages) {
        return Math.max(0, (first + pages) / ALIGNED_PAGES - alignUp(first) / ALIGNED_PAGES);
    }

    private static int alignUp(int page) {
        return (page + ALIGNED_PAGES - 1) & -ALIGNED_PAGES;
    }

    private int nextUsed(int from) {
        for (int word = from >>> 6; word < binUsed.length; word++) {
            long bits = binUsed[word];
            if (word == from >>> 6) {
                bits &= -1L << (from & 63);
            }
            if (bits != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(bits);
            }
        }
        return BINS;
    }

    private void markAllocated(int first, int pages) {
        span[first] = -pages;
        span[first + pages - 1] = -pages;
    }

    private void link(int first, int pages) {
        span[first] = pages;
        span[first + pages - 1] = pages;
        freeAligned += alignedRuns(first, pages);
        int bin = bin(first, pages);
        int head = binHead[bin];
        next[first] = head;
        previous[first] = NONE;
        if (head != NONE) {
            previous[head] = first;
        }
        binHead[bin] = first;
        binUsed[bin >>> 6] |= 1L << (bin & 63);
    }

    private void unlink(int first, int pages) {
        freeAligned -= alignedRuns(first, pages);
        int bin = bin(first, pages);
        int after = next[first];
        int before = previous[first];
        if (before == NONE) {
            binHead[bin] = after;
        } else {
            next[before] = after;
        }
        if (after != NONE) {
            previous[after] = before;
        }
        if (binHead[bin] == NONE) {
            binUsed[bin >>> 6] &= ~(1L << (bin & 63));
        }
    }

    // Lengths below eight leave every second bin unused: those take the runs with an aligned one.
    private static int bin(int first, int pages) {
        boolean isShort = pages >= ALIGNED_PAGES && pages < 2 * ALIGNED_PAGES - 1;
        return bin(pages) + (isShort ? alignedRuns(first, pages) : 0);
    }

    private static int bin(int pages) {
        int doubling = 31 - Integer.numberOfLeadingZeros(pages);
        int step = doubling < BINS_PER_DOUBLING_SHIFT
                ? pages - (1 << doubling) << (BINS_PER_DOUBLING_SHIFT - doubling)
                : pages >>> (doubling - BINS_PER_DOUBLING_SHIFT) & 7;
        return (doubling << BINS_PER_DOUBLING_SHIFT) + step;
    }
}
