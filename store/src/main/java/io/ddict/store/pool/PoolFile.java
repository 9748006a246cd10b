package io.ddict.store.pool;

/** The files of a memory pool, and what a client may do to each. */
public enum PoolFile {
    /** Geometry, positions, state and counters; the manager writes, clients read. */
    STATUS("status", false),
    /** The shared ring of posted operations. */
    RING("ring", true),
    /** Per bucket of keys, the position up to which operations were posted. */
    MARKS("marks", true),
    /** The array of entries, by ordinal. */
    ENTRIES("entries", false),
    /** From hash to ordinal, for readers. */
    HINTS("hints", false),
    /** Records and blocks; clients write into blocks granted to them. */
    DATA("data", true),
    /** One client's pins, grants, answers and staging ring; its name ends with the link's id. */
    LINK("link-", true),
    /** The versions of keys, by ordinal; only where several checkpoints are held. */
    VERSIONS("versions", false),
    /** Which large values were read of late, by ordinal; only where they may be moved to a disk. */
    HEAT("heat", true),
    /** Values that were moved to a disk: a link to the file there. */
    SPILL("spill", false),
    /** Items of a queue on their way from one client to another; its name ends with the lane's id. */
    LANE("lane-", true);

    // "DDICTPL" and the layout's version; read in another byte order it matches nothing.
    private static final long MAGIC = 0x4444_4943_5450_4C03L;
    private static final long MAGIC_OFFSET = 0;
    private static final long KIND_OFFSET = 8;
    private static final long LENGTH_OFFSET = 16;

    /** Bytes at the start of each file that say what it is. */
    static final int HEADER_LENGTH = 64;

    private final String fileName;
    private final boolean clientWrites;

    PoolFile(String fileName, boolean clientWrites) {
        this.fileName = fileName;
        this.clientWrites = clientWrites;
    }

    /** Name within the pool's directory; for a link, the part before its id. */
    public String fileName() {
        return fileName;
    }

    /** Whether clients map it writable. */
    public boolean clientWrites() {
        return clientWrites;
    }

    /** Writes the header; the magic comes last, so that a file cut short is no file of ours. */
    void writeHeader(MemoryRegion region) {
        region.putLong(KIND_OFFSET, ordinal());
        region.putLong(LENGTH_OFFSET, region.length());
        region.putLongRelease(MAGIC_OFFSET, MAGIC);
    }

    /** Checks the header of a file that another process made, and that it has its pool's length. */
    void checkHeader(MemoryRegion region, String path, long length) {
        long magic = region.length() < HEADER_LENGTH ? 0 : region.getLongAcquire(MAGIC_OFFSET);
        if (magic != MAGIC) {
            throw new PoolDamagedException(
                    "not a pool file of this layout: file=" + path + ", magic=" + hex(magic));
        }
        long lengthNoted = region.getLong(LENGTH_OFFSET);
        // A file that is not of the expected length is mapped with what it has to spare.
        if (region.getLong(KIND_OFFSET) != ordinal()
                || region.length() != lengthNoted
                        && region.length() != HugePages.fileLength(lengthNoted)) {
            throw new PoolDamagedException(
                    "pool file header damaged: file="
                            + path
                            + ", kind="
                            + region.getLong(KIND_OFFSET)
                            + ", length="
                            + lengthNoted
                            + "B, lengthOnDisk="
                            + region.length()
                            + "B");
        }
        if (region.length() != length) {
            throw new PoolDamagedException(
                    "pool file of another geometry: file="
                            + path
                            + ", length="
                            + lengthNoted
                            + "B, lengthOfGeometry="
                            + length
                            + "B");
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
