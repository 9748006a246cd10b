package io.ddict.store.pool;

/**
 * How much of its memory a pool lets be used.
 *
 * @param fullThreshold share of the data at which writes are refused, above 0 and at most 1; what can be
 *     on its way is held back all the same
 * @param clientQuota most bytes of records that one link may have written, or {@link #NO_QUOTA}
 * @param spillLength most bytes of values that may be in a file beside the memory, a multiple of the page
 *     length, or {@link #NO_SPILL}
 */
public record PoolLimits(double fullThreshold, long clientQuota, long spillLength) {
    /** Share of the data at which writes are refused, unless its maker says. */
    public static final double FULL_THRESHOLD_DEFAULT = 0.95;

    /** Stands for as much as there is. */
    public static final long NO_QUOTA = 0;

    /** Stands for no file beside the memory. */
    public static final long NO_SPILL = 0;

    /** What a pool has whose maker says nothing. */
    public static final PoolLimits DEFAULTS = new PoolLimits(FULL_THRESHOLD_DEFAULT, NO_QUOTA);

    /** Limits of a pool without a file beside its memory. */
    public PoolLimits(double fullThreshold, long clientQuota) {
        this(fullThreshold, clientQuota, NO_SPILL);
    }

    /** Checks the range. */
    public PoolLimits {
        boolean isSpillOfPages =
                spillLength >= 0 && spillLength % PoolGeometry.PAGE_LENGTH == 0;
        if (!isShare(fullThreshold) || clientQuota < 0 || !isSpillOfPages) {
            throw new IllegalArgumentException(
                    "limits of a pool cannot be: fullThreshold="
                            + fullThreshold
                            + ", clientQuota="
                            + clientQuota
                            + "B, spillLength="
                            + spillLength
                            + "B");
        }
    }

    /** Whether a number is above 0 and at most 1. */
    public static boolean isShare(double number) {
        return number > 0 && number <= 1;
    }

    /** Whether large values may be moved to a file. */
    public boolean spills() {
        return spillLength != NO_SPILL;
    }

    /** Pages that are kept free of so many. */
    public int pagesKept(int pages) {
        return (int) (pages * (1 - fullThreshold));
    }
}
