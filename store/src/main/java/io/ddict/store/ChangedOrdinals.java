package io.ddict.store;

import org.roaringbitmap.RoaringBitmap;

/*
 * Which entries changed since somebody last took them, for whoever copies changes away. A bit for each
 * entry, and a count of the bytes that copying them takes at most, by which the manager knows when it
 * has to wait. The manager's thread; the limit is set by the copier's.
 */

/** Entries that were stored, replaced or ended, and not yet copied. */
final class ChangedOrdinals {
    private final long[] words;
    private volatile long limit = Long.MAX_VALUE;
    private long length;

    ChangedOrdinals(int entriesMax) {
        words = new long[(entriesMax >> 6) + 1];
    }

    /** Notes that an entry changed. */
    void add(int ordinal) {
        words[ordinal >> 6] |= 1L << ordinal;
    }

    /** Notes how long the new record of an entry is that changed. */
    void addLength(long recordLength) {
        length += recordLength;
    }

    /** Takes those that changed; nothing has, then. */
    RoaringBitmap take() {
        RoaringBitmap taken = new RoaringBitmap();
        for (int word = 0; word < words.length; word++) {
            for (long bits = words[word]; bits != 0; bits &= bits - 1) {
                taken.add((word << 6) + Long.numberOfTrailingZeros(bits));
            }
            words[word] = 0;
        }
        length = 0;
        return taken;
    }

    /** Puts back what was taken and could not be copied. */
    void putBack(RoaringBitmap taken) {
        taken.forEach((int ordinal) -> add(ordinal));
    }

    /** Sets how many bytes may change before the next taking; any thread. */
    void limit(long bytes) {
        limit = bytes;
    }

    /** Whether so much has changed that it has to be taken first. */
    boolean isOverLimit() {
        return length > limit;
    }
}
