package io.ddict.store.pool;

/**
 * A reference to a record in the data file: its offset in the low 56 bits, and above them the size
 * class of an inline record plus one, or 0 for a record that fills a block of its own. 0 is none. The
 * owner has handles for space of the file on a disk, too; no entry has one.
 */
public final class Handle {
    /** No record. */
    public static final long NONE = 0;

    private static final int CLASS_SHIFT = 56;
    private static final int SPILLED = 0xFF;
    private static final long OFFSET_MASK = (1L << CLASS_SHIFT) - 1;

    private Handle() {}

    /** A record in a slab of a size class. */
    public static long small(long offset, int sizeClass) {
        return (long) (sizeClass + 1) << CLASS_SHIFT | offset;
    }

    /** A record in a block that starts at a page. */
    public static long block(int page) {
        return (long) page * PoolGeometry.PAGE_LENGTH;
    }

    /** Space on the disk that starts at a page. */
    public static long spilled(int page) {
        return (long) SPILLED << CLASS_SHIFT | block(page);
    }

    /** Whether it is space on the disk. */
    public static boolean isSpilled(long handle) {
        return handle >>> CLASS_SHIFT == SPILLED;
    }

    /** Bytes from the start of the data file. */
    public static long offset(long handle) {
        return handle & OFFSET_MASK;
    }

    /** Whether the record has a block of its own. */
    public static boolean isBlock(long handle) {
        return handle >>> CLASS_SHIFT == 0;
    }

    /** Whether a block may begin at an offset. */
    public static boolean isBlockStart(long offset) {
        return offset > 0 && offset <= OFFSET_MASK && offset % PoolGeometry.PAGE_LENGTH == 0;
    }

    /** The size class of a small record. */
    public static int sizeClass(long handle) {
        return (int) (handle >>> CLASS_SHIFT) - 1;
    }

    /** First page of a block. */
    public static int page(long handle) {
        return (int) (offset(handle) / PoolGeometry.PAGE_LENGTH);
    }
}
