package io.ddict.store.pool;

/*
 * From hash to ordinal without asking anybody.
 *
 *   offset  field
 *   64      sets of 64 bytes: eight ways of 8 bytes
 *
 *   a way:  passed-on flag (bit 63, way 0 only) | tag (31 bits) | ordinal (32 bits; 0: free)
 *
 * A set is one cache line. A key whose set is full goes to the next one, and the set is flagged as
 * passed on; flags stay until the table is rebuilt. With six entries planned per set nearly all
 * keys lie in their first set, and a reader that meets an unflagged set without its tag knows that
 * the key is absent. After SETS_PROBED full sets the key gets no hint at all, which the status of
 * the last one shows by its flag: readers then ask the manager.
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

    private final MemoryRegion region;
    private final int sets;

    /** Lays the table over its file. */
    public HintTable(MemoryRegion region, int sets) {
        this.region = region;
        this.sets = sets;
    }

    static long fileLength(int sets) {
        return PoolFile.HEADER_LENGTH + (long) sets * SET_LENGTH;
    }

    /** The first set of a tag. */
    public int set(int tag) {
        return (int) (((long) tag * sets) >>> 31);
    }

    /** The set after another. */
    public int nextSet(int set) {
        return set + 1 == sets ? 0 : set + 1;
    }

    /** A way's word; compare it by {@link #isOfTag} and take its {@link #ordinal}. */
    public long way(int set, int way) {
        return region.getLongAcquire(offset(set, way));
    }

    /** Whether a word is a hint for a tag. */
    public static boolean isOfTag(long word, int tag) {
        return (int) (word >>> 32 & 0x7FFF_FFFF) == tag && (int) word != 0;
    }

    /** The ordinal in a word. */
    public static int ordinal(long word) {
        return (int) word;
    }

    /** Whether keys of this set went on to the next, by the set's first word. */
    public static boolean isPassedOn(long firstWord) {
        return firstWord < 0;
    }

    /** Adds a key's hint; false if no set near its own has a free way. */
    public boolean insert(int tag, int ordinal) {
        int set = set(tag);
        for (int probe = 0; probe < SETS_PROBED; probe++) {
            for (int way = 0; way < WAYS; way++) {
                long word = way(set, way);
                if ((int) word == 0) {
                    region.putLongRelease(
                            offset(set, way),
                            word & PASSED_ON | (long) tag << 32 | ordinal & 0xFFFF_FFFFL);
                    return true;
                }
            }
            region.putLongRelease(offset(set, 0), way(set, 0) | PASSED_ON);
            set = nextSet(set);
        }
        return false;
    }

    /** Removes a key's hint, if it has one. */
    public void remove(int tag, int ordinal) {
        int set = set(tag);
        for (int probe = 0; probe < SETS_PROBED; probe++) {
            for (int way = 0; way < WAYS; way++) {
                long word = way(set, way);
                if (isOfTag(word, tag) && ordinal(word) == ordinal) {
                    region.putLongRelease(offset(set, way), word & PASSED_ON);
                    return;
                }
            }
            if (!isPassedOn(way(set, 0))) {
                return;
            }
            set = nextSet(set);
        }
    }

    /** Forgets all hints and flags; nothing is lost that the entries do not hold. */
    public void clear() {
        for (int set = 0; set < sets; set++) {
            for (int way = 0; way < WAYS; way++) {
                region.putLongRelease(offset(set, way), 0);
            }
        }
    }

    private static long offset(int set, int way) {
        return PoolFile.HEADER_LENGTH + (long) set * SET_LENGTH + (long) way * Long.BYTES;
    }
}
