package io.ddict.store.pool;

/*
 * Looking a random key up misses the cache three times in a row: its hint, its entry, its record, each
 * found by the one before. Done one key after the other that is most of a look-up's time. So a few are
 * looked at together, step by step: the misses of one step do not depend on each other and overlap.
 * What is read is only a guess; the look-up itself looks again.
 */

/** Brings what look-ups of some keys will need into the cache, for all of them at once. Any thread. */
public final class Preload {
    /** As many as a core can wait for at a time, and a few more. */
    public static final int KEYS = 16;

    private static final int LINE_LENGTH = 64;

    private final HintTable hints;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final PoolStatus status;
    @SuppressWarnings("UnusedVariable")
    private long sum;

    Preload(HintTable hints, EntryArray entries, MemoryRegion data, PoolStatus status) {
        this.hints = hints;
        this.entries = entries;
        this.data = data;
        this.status = status;
    }

    /**
     * Reads hints, entries and the first lines of the records.
     *
     * @param hashes of the keys, at least {@code count}
     * @param guesses gets for each key the hint that may be its own, or 0
     */
    public void load(long[] hashes, long[] guesses, int count) {
        long read = 0;
        for (int i = 0; i < count; i++) {
            read += hints.way(hints.set(hashes[i]), 0);
        }
        for (int i = 0; i < count; i++) {
            guesses[i] = guess(hashes[i]);
        }
        for (int i = 0; i < count; i++) {
            read += touchEntry(guesses[i]);
        }
        // Not beyond what is reserved.
        long last = status.reserved(PoolFile.DATA) - Long.BYTES;
        for (int i = 0; i < count; i++) {
            read += touchRecord(guesses[i], last);
        }
        // Kept in a field so that the reads are not optimised away.
        sum = read;
    }

    private long guess(long hash) {
        int set = hints.set(hash);
        int ways = hints.waysOf(set, hints.tag(hash));
        return ways == 0 ? 0 : hints.way(set, Integer.numberOfTrailingZeros(ways));
    }

    private long touchEntry(long guess) {
        int ordinal = hints.ordinal(guess);
        return ordinal == 0 ? 0 : entries.handle(ordinal);
    }

    private long touchRecord(long guess, long last) {
        long offset = Math.min(hints.recordGuess(guess), last);
        return data.getLong(offset)
                + data.getLong(Math.min(offset + LINE_LENGTH, last))
                + data.getLong(Math.min(offset + 2 * LINE_LENGTH, last));
    }
}
