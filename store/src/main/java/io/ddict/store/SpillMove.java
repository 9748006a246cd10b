package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.RecordLayout;

/**
 * One value's way to the disk, or back.
 *
 * @param generation of the entry, when this was decided
 * @param handle of the record that it has, or whose place its record takes
 * @param page of the file, where it goes to or comes from
 * @param block that it gets in memory if it comes back, else {@link #NONE}
 */
record SpillMove(
        int ordinal,
        long generation,
        long handle,
        int keyLength,
        long valueLength,
        int page,
        int block) {
    /** No block. */
    static final int NONE = 0;

    boolean isBack() {
        return block != NONE;
    }

    /** Offset of the record that there is. */
    long from() {
        return Handle.offset(handle);
    }

    /** Offset of what this has in place of the value, or of the value. */
    long valueFrom() {
        return from() + RecordLayout.valueOffset(keyLength);
    }

    /** Offset of the value in memory, as it was or is to be. */
    long inMemory() {
        return isBack()
                ? Handle.offset(Handle.block(block)) + RecordLayout.valueOffset(keyLength)
                : valueFrom();
    }

    /** Offset of the value in the file. */
    long onDisk() {
        return (long) page * PoolGeometry.PAGE_LENGTH;
    }
}
