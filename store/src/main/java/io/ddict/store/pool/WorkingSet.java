package io.ddict.store.pool;

/**
 * How many checkpoints a manager holds at a time, and what keeps the oldest from retiring.
 *
 * @param size most checkpoints held, 1 to {@link #SIZE_MAX}
 * @param waitsForKeys whether a checkpoint retires only when its keys exist in the next one
 * @param waitsForWriters whether it retires only when its writers have gone on
 */
public record WorkingSet(int size, boolean waitsForKeys, boolean waitsForWriters) {
    /** Most checkpoints that a manager can hold: each has a set of ordinals in the manager's heap. */
    public static final int SIZE_MAX = 1024;

    /** Highest checkpoint there is. */
    public static final long CHECKPOINT_MAX = (1L << 44) - 2;

    /** One checkpoint, nothing to wait for. */
    public static final WorkingSet SINGLE = new WorkingSet(1, false, false);

    private static final long WAITS_FOR_KEYS = 1L << 32;
    private static final long WAITS_FOR_WRITERS = 1L << 33;

    /** Checks the range. */
    public WorkingSet {
        if (size < 1 || size > SIZE_MAX || size == 1 && (waitsForKeys || waitsForWriters)) {
            throw new IllegalArgumentException(
                    "working set cannot be: size="
                            + size
                            + ", sizeMax="
                            + SIZE_MAX
                            + ", waitsForKeys="
                            + waitsForKeys
                            + ", waitsForWriters="
                            + waitsForWriters);
        }
    }

    /** Whether keys have versions, which needs more than one checkpoint. */
    public boolean hasVersions() {
        return size > 1;
    }

    /** Whether a write beyond the newest checkpoint may have to wait. */
    public boolean waits() {
        return waitsForKeys || waitsForWriters;
    }

    /** All of it in one word of a file. */
    long word() {
        return size
                | (waitsForKeys ? WAITS_FOR_KEYS : 0)
                | (waitsForWriters ? WAITS_FOR_WRITERS : 0);
    }

    static WorkingSet of(long word) {
        return new WorkingSet(
                (int) word, (word & WAITS_FOR_KEYS) != 0, (word & WAITS_FOR_WRITERS) != 0);
    }
}
