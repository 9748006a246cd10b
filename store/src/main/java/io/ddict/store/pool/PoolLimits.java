package io.ddict.store.pool;

/**
 * How much of its memory a pool lets be used.
 *
 * @param fullThreshold share of the data at which writes are refused, above 0 and at most 1; what can be
 *     on its way is held back all the same
 */
public record PoolLimits(double fullThreshold) {
    /** Share of the data at which writes are refused, unless its maker says. */
    public static final double FULL_THRESHOLD_DEFAULT = 0.95;

    /** What a pool has whose maker says nothing. */
    public static final PoolLimits DEFAULTS = new PoolLimits(FULL_THRESHOLD_DEFAULT);

    /** Checks the range. */
    public PoolLimits {
        if (!isShare(fullThreshold)) {
            throw new IllegalArgumentException(
                    "limits of a pool cannot be: fullThreshold=" + fullThreshold);
        }
    }

    /** Whether a number is above 0 and at most 1. */
    public static boolean isShare(double number) {
        return number > 0 && number <= 1;
    }

    /** Pages that are kept free of so many. */
    public int pagesKept(int pages) {
        return (int) (pages * (1 - fullThreshold));
    }
}
