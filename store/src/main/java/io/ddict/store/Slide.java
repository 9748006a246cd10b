package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;

/*
 * Moves a block towards the start of the data file over itself, for when no free run is as long as
 * the block. The new place overlaps the old one, so the record cannot be read meanwhile (its entry's
 * generation is odd) and a crash in the middle must go on, not back: what is to be done, and how far
 * it has come, is noted in the status file. It is copied from its start in slices no longer than the
 * distance: a slice never overwrites itself, so one that was cut off is simply done again.
 */

/** One record's move over itself, by the manager or by its successor. */
final class Slide {
    private final PoolStatus status;
    private final EntryArray entries;
    private final MemoryRegion data;

    Slide(MappedPool pool) {
        this.status = pool.status();
        this.entries = pool.entries();
        this.data = pool.data();
    }

    /** Notes and does a slide. The entry is marked as moving, and nobody reads the record. */
    void run(int ordinal, int fromPage, int toPage, long length) {
        long from = (long) fromPage * PoolGeometry.PAGE_LENGTH;
        long to = (long) toPage * PoolGeometry.PAGE_LENGTH;
        status.publishSlide(ordinal, from, to, length);
        complete();
    }

    /** Does what is noted and not done yet; nothing if there is no note. */
    void complete() {
        int ordinal = status.slideOrdinal();
        if (ordinal == 0) {
            return;
        }
        long from = status.slideFrom();
        long to = status.slideTo();
        long length = status.slideLength();
        for (long copied = status.slideCopied(); copied < length;) {
            long slice = Math.min(from - to, length - copied);
            data.copyFrom(to + copied, data.readOnlySegment(), from + copied, slice);
            copied += slice;
            status.publishSlideCopied(copied);
        }
        entries.publishMoveEnd(ordinal, Handle.block((int) (to / PoolGeometry.PAGE_LENGTH)));
        status.publishSlideEnd();
    }
}
