package io.ddict.store.pool;

/** The second word of an answer that gives an item of a queue: where it is, and what to know of it. */
public final class QueueAnswer {
    private static final int TIMES_SHIFT = 32;
    private static final int TIMES_MAX = Integer.MAX_VALUE;

    private QueueAnswer() {}

    /**
     * The word.
     *
     * @param times how often it was given to somebody before
     * @param isLast whether no other item comes for the same request
     */
    public static long place(int ordinal, int times, boolean isLast) {
        long word = (long) Math.min(times, TIMES_MAX) << TIMES_SHIFT | ordinal & 0xFFFF_FFFFL;
        return isLast ? word | Long.MIN_VALUE : word;
    }

    /** Ordinal of the item's entry. */
    public static int ordinal(long place) {
        return (int) place;
    }

    /** How often it was given to somebody before. */
    public static int times(long place) {
        return (int) (place >>> TIMES_SHIFT) & TIMES_MAX;
    }

    /** Whether no other item comes for the same request. */
    public static boolean isLast(long place) {
        return place < 0;
    }
}
