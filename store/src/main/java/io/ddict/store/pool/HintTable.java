package io.ddict.store.pool;

import java.lang.invoke.VarHandle;

/*
 * From hash to ordinal without asking anybody.
 *
 *   offset  field
 *   64      sets of 64 bytes: eight ways of 8 bytes
 *
 *   a way:  passed-on flag (bit 63, way 0 only) | tag | record | ordinal (0: free)
 *
 * Ordinal and record take the bits that the pool's entries and data need, the tag the rest, at least
 * ten. The record is where the entry's record was, in units of 16 bytes, when the hint was written.
 * It is but a guess, which the entry confirms: with it entry and record are fetched from memory at
 * the same time, and not one after the other.
 *
 * A set is one cache line. A key whose set is full goes to the next one, and the set is flagged as
 * passed on; flags stay until the table is rebuilt. With six entries planned per set nearly all
 * keys lie in their first set, and a reader that meets an unflagged set without its tag knows that
 * the key is absent. After SETS_PROBED full sets the key gets no hint at all, which the status of
 * the last one shows by its flag: readers then ask the manager, which has it in its key table.
 *
 * The manager is the only writer. A way is written by one store and never moved, so a reader needs
 * no lock: it meets the key, or the moment at which it was not there.
 */

/** The set-associative table of hints that lets clients find entries by themselves. */
public final class HintTable {
    /** Ways of a set. */
    public static final int WAYS = 8;

    /** Sets that are tried before a key is left without a hint. */
    public static final int SETS_PROBED = 16;

    private static final int SET_LENGTH = WAYS * Long.BYTES;
    private static final long PASSED_ON = 1L << 63;
    private static final int TAG_BITS_MIN = 10;
    private static final long NONE = -1;
    private static final int RECORD_SHIFT = 4;

    private final MemoryRegion region;
    private final int sets;
    private final int recordShift;
    private final int tagShift;
    private final long ordinalMask;
    private final long recordMask;
    private final long tagMask;

    /**
     * Lays the table over its file.
     *
     * @param entriesMax highest ordinal
     * @param dataLength where records lie below
     */
    public HintTable(MemoryRegion region, int sets, int entriesMax, long dataLength) {
        this.region = region;
        this.sets = sets;
        int ordinalBits = Integer.SIZE - Integer.numberOfLeadingZeros(entriesMax);
        int recordBits = Math.min(
                Long.SIZE - Long.numberOfLeadingZeros(dataLength >>> RECORD_SHIFT),
                Long.SIZE - 1 - TAG_BITS_MIN - ordinalBits);
        this.recordShift = ordinalBits;
        this.tagShift = ordinalBits + recordBits;
        this.ordinalMask = (1L << ordinalBits) - 1;
        this.recordMask = (1L << recordBits) - 1;
        this.tagMask = Long.MAX_VALUE >>> tagShift << tagShift;
    }

    static long fileLength(int sets) {
        return PoolFile.HEADER_LENGTH + (long) sets * SET_LENGTH;
    }

    /** The first set of a key's hash. */
    public int set(long hash) {
        return (int) (KeyHash.hintSetBits(hash) * sets >>> KeyHash.HINT_SET_BITS);
    }

    /** The set after another. */
    public int nextSet(int set) {
        return set + 1 == sets ? 0 : set + 1;
    }

    /** The tag of a key's hash, where it stands in a word. */
    public long tag(long hash) {
        return KeyHash.hintTag(hash) << tagShift & tagMask;
    }

    /** A way's word; compare it by {@link #isOfTag} and take its {@link #ordinal}. */
    public long way(int set, int way) {
        return region.getLongAcquire(offset(set, way));
    }

    /**
     * The ways of a set that may be hints for a tag, a bit each; look at each of them again. Looks at
     * all, as a loop that ends at the first one is mispredicted nearly every time.
     */
    public int waysOf(int set, long tag) {
        long first = offset(set, 0);
        int ways = 0;
        for (int way = 0; way < WAYS; way++) {
            long word = region.getLong(first + way * (long) Long.BYTES);
            ways |= ((word & tagMask) == tag ? 1 : 0) << way;
        }
        VarHandle.acquireFence();
        return ways;
    }

    /** Whether a word is a hint for a tag. */
    public boolean isOfTag(long word, long tag) {
        return (word & tagMask) == tag && (word & ordinalMask) != 0;
    }

    /** The ordinal in a word. */
    public int ordinal(long word) {
        return (int) (word & ordinalMask);
    }

    /** Where in the data file the record may be: it is there if the entry says so, too. */
    public long recordGuess(long word) {
        return (word >>> recordShift & recordMask) << RECORD_SHIFT;
    }

    /** Whether a word's guess is the one that a record at an offset gets. */
    public boolean isGuessOf(long word, long recordOffset) {
        return (word & recordMask << recordShift) == record(recordOffset);
    }

    /** Whether keys of this set went on to the next, by the set's first word. */
    public static boolean isPassedOn(long firstWord) {
        return firstWord < 0;
    }

    /** Adds a key's hint; false if no set near its own has a free way. */
    public boolean insert(long hash, int ordinal, long recordOffset) {
        int set = set(hash);
        for (int probe = 0; probe < SETS_PROBED; probe++) {
            for (int way = 0; way < WAYS; way++) {
                if (ordinal(way(set, way)) == 0) {
                    put(offset(set, way), tag(hash), ordinal, recordOffset);
                    return true;
                }
            }
            region.putLongRelease(offset(set, 0), way(set, 0) | PASSED_ON);
            set = nextSet(set);
        }
        return false;
    }

    /** Notes where a key's record is now, if the key has a hint. */
    public void update(long hash, int ordinal, long recordOffset) {
        long offset = find(hash, ordinal);
        if (offset != NONE) {
            put(offset, tag(hash), ordinal, recordOffset);
        }
    }

    /** Lets a key's hint lead to another entry, the key's newest version; false if it has no hint. */
    public boolean replace(long hash, int ordinal, int newOrdinal, long recordOffset) {
        long offset = find(hash, ordinal);
        if (offset != NONE) {
            put(offset, tag(hash), newOrdinal, recordOffset);
        }
        return offset != NONE;
    }

    /** Removes a key's hint; false if it has none. */
    public boolean remove(long hash, int ordinal) {
        long offset = find(hash, ordinal);
        if (offset != NONE) {
            region.putLongRelease(offset, region.getLong(offset) & PASSED_ON);
        }
        return offset != NONE;
    }

    /** Forgets all hints and flags; nothing is lost that the entries do not hold. */
    public void clear() {
        for (int set = 0; set < sets; set++) {
            for (int way = 0; way < WAYS; way++) {
                region.putLongRelease(offset(set, way), 0);
            }
        }
    }

    private void put(long offset, long tag, int ordinal, long recordOffset) {
        long flag = region.getLong(offset) & PASSED_ON;
        region.putLongRelease(
                offset, flag | tag | record(recordOffset) | ordinal & ordinalMask);
    }

    private long record(long recordOffset) {
        return (recordOffset >>> RECORD_SHIFT & recordMask) << recordShift;
    }

    // The offset of the key's way, or NONE.
    private long find(long hash, int ordinal) {
        long tag = tag(hash);
        int set = set(hash);
        for (int probe = 0; probe < SETS_PROBED; probe++) {
            for (int ways = waysOf(set, tag); ways != 0; ways &= ways - 1) {
                int way = Integer.numberOfTrailingZeros(ways);
                if (ordinal(way(set, way)) == ordinal) {
                    return offset(set, way);
                }
            }
            if (!isPassedOn(way(set, 0))) {
                return NONE;
            }
            set = nextSet(set);
        }
        return NONE;
    }

    private static long offset(int set, int way) {
        return PoolFile.HEADER_LENGTH + (long) set * SET_LENGTH + (long) way * Long.BYTES;
    }
}
