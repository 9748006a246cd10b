package io.ddict.bench.limits;

import java.util.concurrent.TimeUnit;

/**
 * How thoroughly the limits are measured.
 *
 * @param copiedLength bytes of shared memory that are copied to and from, of all threads together
 * @param accessedLength bytes of the memory that is accessed at random
 * @param durationNs time for one figure
 */
public record Effort(long copiedLength, long accessedLength, long durationNs) {
    /** Memory beyond all caches. */
    public static Effort full() {
        return new Effort(1L << 30, 1L << 30, TimeUnit.MILLISECONDS.toNanos(500));
    }

    /** Less memory and time: tells whether everything works. */
    public static Effort quick() {
        return new Effort(64L << 20, 64L << 20, TimeUnit.MILLISECONDS.toNanos(30));
    }
}
