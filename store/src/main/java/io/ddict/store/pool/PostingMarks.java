package io.ddict.store.pool;

/*
 * Per bucket of keys, the position behind the newest posted operation.
 *
 *   offset  field
 *   64      marks, 8 bytes each
 *
 * A put raises the mark after it was published and before it returns, so a later read of the same
 * key sees it and knows how far the manager must have come. A mark that a wild client set too high
 * costs a wait for the tail and no more, as readers take the smaller of the two.
 */

/** Tells a reader whether a write of its key may still wait in the ring. */
public final class PostingMarks {
    private final MemoryRegion region;
    private final int mask;

    /** Lays the marks over their file. */
    public PostingMarks(MemoryRegion region, int count) {
        this.region = region;
        this.mask = count - 1;
    }

    static long fileLength(int count) {
        return PoolFile.HEADER_LENGTH + (long) count * Long.BYTES;
    }

    /** Raises the key's mark to a position, unless it is that high already. */
    public void raise(long hash, long position) {
        long offset = offset(hash);
        long mark = region.getLongAcquire(offset);
        while (mark < position && !region.compareAndSetLong(offset, mark, position)) {
            mark = region.getLongAcquire(offset);
        }
    }

    /** The key's mark; the manager must have applied up to it before a read is current. */
    public long mark(long hash) {
        return region.getLongAcquire(offset(hash));
    }

    private long offset(long hash) {
        return PoolFile.HEADER_LENGTH + (long) KeyHash.markIndex(hash, mask) * Long.BYTES;
    }
}
