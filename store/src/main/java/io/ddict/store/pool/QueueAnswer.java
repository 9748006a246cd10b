package io.ddict.store.pool;

/**
 * The words of an answer that gives an item of a queue: its number, where it is, and what to know of it. The
 * number of an item that is in a lane is negative, and says which.
 */
public final class QueueAnswer {
    private static final int TIMES_SHIFT = 32;
    private static final int TIMES_MAX = Integer.MAX_VALUE;

    private static final int LANE_SHIFT = 32;

    private QueueAnswer() {}

    /** Number of an item in a lane; the count tells it from all others that were there. */
    public static long numberInLane(int lane, long count) {
        return -((long) lane << LANE_SHIFT | count);
    }

    /** Whether the item of a number is in a lane. */
    public static boolean isInLane(long number) {
        return number < 0;
    }

    /** Id of that lane. */
    public static int lane(long number) {
        return (int) (-number >>> LANE_SHIFT);
    }

    /**
     * The second word.
     *
     * @param ordinal that of its entry, or its frame in a lane
     * @param times how often it was given to somebody before
     * @param isLast whether no other item comes for the same request
     */
    public static long place(int ordinal, int times, boolean isLast) {
        long word = (long) Math.min(times, TIMES_MAX) << TIMES_SHIFT | ordinal & 0xFFFF_FFFFL;
        return isLast ? word | Long.MIN_VALUE : word;
    }

    /** Ordinal of the item's entry, or its frame. */
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
