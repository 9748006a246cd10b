package io.ddict.store.verify;

import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PostingMarks;
import io.ddict.store.pool.PostingRing;

/** Walks the ring and the marks: what is posted lies within one lap, and every slot of it is filled. */
final class RingWalk {
    // Marks are chosen by these bits of a hash.
    private static final int MARK_SHIFT = 32;

    private final PostingRing ring;
    private final PostingMarks marks;
    private final PoolGeometry geometry;
    private final Violations violations;
    private final long applied;
    private final long tail;

    RingWalk(MappedPool pool, Violations violations) {
        this.ring = pool.ring();
        this.marks = pool.marks();
        this.geometry = pool.geometry();
        this.violations = violations;
        this.applied = pool.status().applied();
        this.tail = ring.tail();
    }

    /** Walks all of it. */
    void run() {
        if (applied < 0 || applied > tail || tail - applied > ring.capacity()) {
            violations.add(
                    "posted operations are not within one lap: applied="
                            + applied
                            + ", tail="
                            + tail
                            + ", slots="
                            + ring.capacity());
            return;
        }
        checkSlots();
        checkStaging();
        checkMarks();
    }

    /** Operations published and not yet applied. */
    long posted() {
        return Math.max(0, tail - applied);
    }

    private void checkSlots() {
        for (long position = Math.max(0, tail - ring.capacity()); position < tail; position++) {
            if (!ring.isFilled(position)) {
                violations.add("slot below the tail is not filled: " + at(position));
            }
        }
        for (long position = tail; position < ring.capacity(); position++) {
            if (ring.slot(position) != 0) {
                violations.add("slot of the first lap is filled out of order: " + at(position));
            }
        }
    }

    private void checkStaging() {
        for (long position = applied; position < tail; position++) {
            long offset =
                    (long) PostingRing.stagingIndex(ring.slot(position)) * PostingRing.STAGING_UNIT;
            if (offset > geometry.stagingLength() - Operation.HEADER_LENGTH) {
                violations.add(
                        "posted operation lies outside its staging ring: "
                                + at(position)
                                + ", offset="
                                + (LinkLayout.STAGING_OFFSET + offset)
                                + "B");
            }
        }
    }

    private void checkMarks() {
        for (int index = 0; index < geometry.markCount(); index++) {
            long mark = marks.mark((long) index << MARK_SHIFT);
            if (mark < 0 || mark > tail) {
                violations.add(
                        "posting mark is beyond the tail: index="
                                + index
                                + ", mark="
                                + mark
                                + ", tail="
                                + tail);
            }
        }
    }

    private String at(long position) {
        return "position="
                + position
                + ", tail="
                + tail
                + ", slot=0x"
                + Long.toHexString(ring.slot(position));
    }
}
