package io.ddict.store.pool;

/*
 * In a pool that holds several checkpoints each version of a key is an entry of its own; this says,
 * by the entry's ordinal, which version it is. In a pool of one checkpoint there is no such file.
 *
 *   offset  field
 *   0       from: the checkpoint that the version was put at
 *   8       to: the checkpoint of the next newer version; NEVER while there is none
 *   16      began: position of the operation that brought the version
 *   24      older (bits 0 to 31): ordinal of the next older version of the key, or 0; persistent (bit
 *           32): whether the version carries over to later checkpoints where others do not
 *
 * From, began and persistent are written before the entry's handle and belong to what the entry's
 * generation validates. Older and to are derived: they change while the entry stays, and a successor
 * makes them anew. Whether a version is a deletion mark its record tells, by the tag of its value.
 */

/** The versions of keys, by ordinal: the manager alone writes, readers follow them in place. */
public final class VersionArray {
    /** Bytes per version. */
    public static final int VERSION_LENGTH = 32;

    /** The checkpoint at which a version ends that no newer one follows. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int FROM = 0;
    private static final int TO = 8;
    private static final int BEGAN = 16;
    private static final int OLDER = 24;
    private static final long PERSISTENT = 1L << Integer.SIZE;

    private final MemoryRegion region;

    /** Lays the array over its file. */
    public VersionArray(MemoryRegion region) {
        this.region = region;
    }

    static long fileLength(int entriesMax) {
        // As long as the entries' file, so that one reserved length holds for both.
        return EntryArray.fileLength(entriesMax);
    }

    /** The checkpoint that the version was put at; valid for the entry's generation. */
    public long from(int ordinal) {
        return region.getLong(offset(ordinal) + FROM);
    }

    /** The checkpoint at which a newer version takes its place, or {@link #NEVER}. */
    public long to(int ordinal) {
        return region.getLongAcquire(offset(ordinal) + TO);
    }

    /** Position of the operation that brought the version. */
    public long began(int ordinal) {
        return region.getLong(offset(ordinal) + BEGAN);
    }

    /** The next older version of the key, or 0. */
    public int older(int ordinal) {
        return (int) region.getLongAcquire(offset(ordinal) + OLDER);
    }

    /** Whether the version carries over to later checkpoints in every mode. */
    public boolean isPersistent(int ordinal) {
        return (region.getLong(offset(ordinal) + OLDER) & PERSISTENT) != 0;
    }

    /** Writes a version before its entry is committed. */
    public void write(int ordinal, long from, long to, long began, int older, boolean persistent) {
        long offset = offset(ordinal);
        region.putLong(offset + FROM, from);
        region.putLong(offset + TO, to);
        region.putLong(offset + BEGAN, began);
        region.putLong(offset + OLDER, link(older, persistent));
    }

    /** Sets whether a version carries over, before its entry gets another record. */
    public void putPersistent(int ordinal, boolean persistent) {
        region.putLongRelease(offset(ordinal) + OLDER, link(older(ordinal), persistent));
    }

    /** Links the next older version, once that is committed. */
    public void publishOlder(int ordinal, int older) {
        region.putLongRelease(offset(ordinal) + OLDER, link(older, isPersistent(ordinal)));
    }

    /** Says where the version ends, once the newer one can be found. */
    public void publishTo(int ordinal, long to) {
        region.putLongRelease(offset(ordinal) + TO, to);
    }

    private static long link(int older, boolean persistent) {
        return older & 0xFFFF_FFFFL | (persistent ? PERSISTENT : 0);
    }

    private static long offset(int ordinal) {
        return PoolFile.HEADER_LENGTH + (ordinal - 1L) * VERSION_LENGTH;
    }
}
