package io.ddict.store.pool;

import java.util.function.IntToLongFunction;

/**
 * The sizes of everything in one manager's memory pool, fixed when the pool is made.
 *
 * @param dataLength bytes of the data file, a multiple of the page length
 * @param entriesMax entries: the most keys, and those held back for keys accepted already
 * @param ringSlots most operations posted and not yet applied; a power of two
 * @param markCount posting marks; a power of two
 * @param hintSets sets of eight hints
 * @param stagingLength bytes of a client's staging ring; a power of two
 * @param hashSeed seed of the key hash, the same for all pools of a dictionary
 * @param workingSet how many checkpoints are held
 * @param limits how much of it may be used
 */
public record PoolGeometry(
        long dataLength,
        int entriesMax,
        int ringSlots,
        int markCount,
        int hintSets,
        int stagingLength,
        long hashSeed,
        WorkingSet workingSet,
        PoolLimits limits) {
    /** The unit of the data file, in bytes. */
    public static final int PAGE_LENGTH = 4096;

    /** The least memory a pool can be made of, in bytes. */
    public static final long MEMORY_LENGTH_MIN = 4L << 20;

    /** Longest key in bytes: its length takes 16 bits of a record's header. */
    public static final int KEY_LENGTH_MAX = 0xFFFF;

    /** Largest key and value together, in bytes, that travel in the staging ring. */
    public static final int INLINE_LENGTH_MAX = 4096;

    /** Most operations that an owner applies between two looks at its limits. */
    public static final int BATCH_MAX = 256;

    private static final int ENTRIES_MAX = 1 << 30;
    private static final int ENTRIES_PER_HINT_SET = 6;
    // Links that may each wait with a write before the limits are lowered for more of them.
    private static final int LINKS_PLANNED = 256;
    // Sixteen full sets of hints in a row do not come about by chance: this is more than there will be.
    private static final int KEYS_PER_TABLE_KEY = 16;

    /**
     * Splits a pool's memory between its files.
     *
     * @param memoryLength bytes for everything together, at least {@link #MEMORY_LENGTH_MIN}
     * @param keysMax most keys, at least 1; entries for keys accepted and not yet applied come on top
     * @param tableLength bytes the key table needs for so many keys
     * @param hashSeed seed of the key hash
     * @throws IllegalArgumentException with the arithmetic, if less than a quarter is left for data
     */
    public static PoolGeometry of(
            long memoryLength, int keysMax, IntToLongFunction tableLength, long hashSeed) {
        return of(memoryLength, keysMax, tableLength, hashSeed, WorkingSet.SINGLE);
    }

    /** As the other, for a pool that holds several checkpoints: keys are versions of keys then. */
    public static PoolGeometry of(
            long memoryLength,
            int keysMax,
            IntToLongFunction tableLength,
            long hashSeed,
            WorkingSet workingSet) {
        if (memoryLength < MEMORY_LENGTH_MIN) {
            throw new IllegalArgumentException(
                    "memory of a manager too small: memoryLength="
                            + memoryLength
                            + "B, memoryLengthMin="
                            + MEMORY_LENGTH_MIN
                            + "B");
        }
        if (keysMax < 1 || keysMax > ENTRIES_MAX) {
            throw new IllegalArgumentException(
                    "entriesMax out of range: keysMax=" + keysMax + ", keysMaxAllowed="
                            + ENTRIES_MAX);
        }
        int ringSlots = clampPowerOfTwo(memoryLength >>> 15, 128, 4096);
        int markCount = clampPowerOfTwo(memoryLength >>> 11, 4096, 65_536);
        int stagingLength = clampPowerOfTwo(memoryLength >>> 8, 128 << 10, 1 << 20);
        int entriesMax = keysMax + entriesHeldBack(ringSlots);
        int hintSets = entriesMax / ENTRIES_PER_HINT_SET + 1;
        long indexLength =
                tableLength.applyAsLong(tableKeysMax(entriesMax, ringSlots))
                        + EntryArray.fileLength(entriesMax)
                        + versionsLength(entriesMax, workingSet)
                        + HintTable.fileLength(hintSets)
                        + PostingRing.fileLength(ringSlots)
                        + PostingMarks.fileLength(markCount)
                        + PoolStatus.FILE_LENGTH;
        long dataLength = (memoryLength - indexLength) / PAGE_LENGTH * PAGE_LENGTH;
        if (dataLength < memoryLength / 4) {
            throw new IllegalArgumentException(
                    "too many entries for the memory of a manager: entriesMax="
                            + keysMax
                            + ", indexLength="
                            + indexLength
                            + "B, memoryLength="
                            + memoryLength
                            + "B; lower entriesMax or raise totalMemory");
        }
        return new PoolGeometry(
                dataLength,
                entriesMax,
                ringSlots,
                markCount,
                hintSets,
                stagingLength,
                hashSeed,
                workingSet,
                PoolLimits.DEFAULTS);
    }

    /** The same, with limits of its maker's, before a pool is made of it. */
    public PoolGeometry withLimits(PoolLimits chosen) {
        long heatLength = chosen.spills() ? Heat.fileLength(entriesMax) : 0;
        return new PoolGeometry(
                (dataLength - heatLength) / PAGE_LENGTH * PAGE_LENGTH,
                entriesMax,
                ringSlots,
                markCount,
                hintSets,
                stagingLength,
                hashSeed,
                workingSet,
                chosen);
    }

    /** Entries that a pool gets when its user names no limit: one for every 512 bytes. */
    public static int entriesMaxDefault(long memoryLength) {
        return Math.clamp(memoryLength / 512, 1024, ENTRIES_MAX);
    }

    /** Most keys that the pool accepts. */
    public int keysMax() {
        return entriesMax - entriesHeldBack();
    }

    /** Entries that only keys accepted already may take: a full ring, a batch, one for each link. */
    public int entriesHeldBack() {
        return entriesHeldBack(ringSlots);
    }

    /** Most keys in the key table, which are those without a hint; then new keys are refused. */
    public int tableKeysMax() {
        return tableKeysMax(entriesMax, ringSlots);
    }

    private static int tableKeysMax(int entriesMax, int ringSlots) {
        return Math.min(entriesMax, entriesHeldBack(ringSlots) + entriesMax / KEYS_PER_TABLE_KEY);
    }

    private static int entriesHeldBack(int ringSlots) {
        return ringSlots + BATCH_MAX + LINKS_PLANNED;
    }

    /** Length of a file of the pool, in bytes. */
    public long fileLength(PoolFile file) {
        return switch (file) {
            case STATUS -> PoolStatus.FILE_LENGTH;
            case RING -> PostingRing.fileLength(ringSlots);
            case MARKS -> PostingMarks.fileLength(markCount);
            case ENTRIES -> EntryArray.fileLength(entriesMax);
            case HINTS -> HintTable.fileLength(hintSets);
            case DATA -> dataLength;
            case LINK -> LinkLayout.fileLength(stagingLength);
            case VERSIONS -> versionsLength(entriesMax, workingSet);
            case HEAT -> limits.spills() ? Heat.fileLength(entriesMax) : 0;
            case SPILL -> limits.spills() ? PAGE_LENGTH + limits.spillLength() : 0;
            case LANE -> throw new IllegalArgumentException("each lane has a length of its own");
        };
    }

    private static long versionsLength(int entriesMax, WorkingSet workingSet) {
        return workingSet.hasVersions() ? VersionArray.fileLength(entriesMax) : 0;
    }

    private static int clampPowerOfTwo(long wanted, int min, int max) {
        return Math.clamp(Long.highestOneBit(wanted), min, max);
    }
}
