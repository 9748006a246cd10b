package io.ddict.store.checkpoint;

import org.roaringbitmap.RoaringBitmap;

/**
 * Versions to prune once everything that was posted before the oldest checkpoint moved on is applied.
 */
public final class Retirement {
    private static final long NOT_SEALED = -1;

    private final long oldest;
    private final RoaringBitmap candidates;
    private long sealPosition = NOT_SEALED;
    private boolean started;

    Retirement(long oldest, RoaringBitmap candidates) {
        this.oldest = oldest;
        this.candidates = candidates;
    }

    /** The oldest checkpoint held; what none from it on sees may go. */
    public long oldest() {
        return oldest;
    }

    /** Ordinals of versions that may be of no use any more; whoever prunes looks again. */
    public RoaringBitmap candidates() {
        return candidates;
    }

    boolean isSealed() {
        return sealPosition != NOT_SEALED;
    }

    void seal(long position) {
        sealPosition = position;
    }

    /** Begins to prune: nothing is added any more. */
    public void start() {
        started = true;
    }

    /** Adds a version that no checkpoint from one on sees, if that is no later than the oldest. */
    boolean take(int ordinal, long end) {
        boolean takes = !started && oldest >= end;
        if (takes) {
            candidates.add(ordinal);
        }
        return takes;
    }

    boolean isDue(long applied) {
        return isSealed() && sealPosition < applied;
    }
}
