package io.ddict.store.pool;

import java.lang.invoke.VarHandle;

/*
 * The entries, by ordinal. An ordinal is one key for as long as the key is there; its 32 bytes are
 * never used for anything else, so a reader may look at any of them at any time.
 *
 *   offset  field
 *   0       generation: grows by two whenever what the handle named before may be reused; odd
 *           while the record is being moved over itself, and cannot be read
 *   8       handle: where the key's record is (0: no key has this ordinal)
 *   16      created: position of the operation that brought the key
 *   24      next: ordinal of another key with the same hash
 *   28      written: low bits of the checkpoint at which the record was put, in a pool that holds one
 *           checkpoint only; 0 in others
 *
 * The handle is the commit of an operation: one 8-byte store turns the old value into the new one.
 * Changing it, in order: write the record; handle (release); generation (release); fence; only then
 * may the old record's bytes be written again. A reader that copied any such byte therefore sees
 * the generation changed, if it reads it after an acquire fence.
 */

/** The type-stable array of entries: what reads validate against and recovery starts from. */
public final class EntryArray {
    /** Bytes per entry. */
    public static final int ENTRY_LENGTH = 32;

    private static final int GENERATION = 0;
    private static final int HANDLE = 8;
    private static final int CREATED = 16;
    private static final int NEXT = 24;
    private static final int WRITTEN = 28;

    private final MemoryRegion region;

    /** Lays the array over its file. */
    public EntryArray(MemoryRegion region) {
        this.region = region;
    }

    static long fileLength(int entriesMax) {
        return PoolFile.HEADER_LENGTH + (long) entriesMax * ENTRY_LENGTH;
    }

    /** Length of the file up to and with an ordinal. */
    public static long lengthThrough(int ordinal) {
        return fileLength(ordinal);
    }

    /** The last ordinal whose entry lies within the file's first bytes. */
    public static int lastOrdinalWithin(long length) {
        return (int) ((length - PoolFile.HEADER_LENGTH) / ENTRY_LENGTH);
    }

    /** The entry's generation; read it before the handle. */
    public long generation(int ordinal) {
        return region.getLongAcquire(offset(ordinal) + GENERATION);
    }

    /** Where the record is, or 0; see {@link Handle}. */
    public long handle(int ordinal) {
        return region.getLongAcquire(offset(ordinal) + HANDLE);
    }

    /** Whether what was read since the generation was taken is whole. */
    public boolean isUnchanged(int ordinal, long generation) {
        // Acquire fence: the copy's loads must not sink below the second look.
        VarHandle.acquireFence();
        return region.getLongAcquire(offset(ordinal) + GENERATION) == generation;
    }

    /** Position of the operation that brought the key. */
    public long created(int ordinal) {
        return region.getLongAcquire(offset(ordinal) + CREATED);
    }

    /** The next key of the same hash, or 0. */
    public int next(int ordinal) {
        return region.getInt(offset(ordinal) + NEXT);
    }

    /** Links a key of the same hash; derived, and written by the manager only. */
    public void putNext(int ordinal, int next) {
        region.putInt(offset(ordinal) + NEXT, next);
    }

    /** Whether the record was put at a later checkpoint than another, in a pool that holds one only. */
    public boolean isWrittenAfter(int ordinal, long checkpoint) {
        return region.getInt(offset(ordinal) + WRITTEN) - (int) checkpoint > 0;
    }

    /** Notes at which checkpoint a record is put, before it is committed. */
    public void putWritten(int ordinal, long checkpoint) {
        long offset = offset(ordinal) + WRITTEN;
        if (region.getInt(offset) != (int) checkpoint) {
            region.putInt(offset, (int) checkpoint);
        }
    }

    /** Notes that a key came back, before its record is committed in place of a deletion mark. */
    public void putCreated(int ordinal, long created) {
        region.putLongRelease(offset(ordinal) + CREATED, created);
    }

    /** Commits a new key. */
    public void publishNew(int ordinal, long handle, long created) {
        region.putLongRelease(offset(ordinal) + CREATED, created);
        region.putLongRelease(offset(ordinal) + HANDLE, handle);
    }

    /** Commits a change: another record, or with handle 0 the end of the key. */
    public void publishChange(int ordinal, long handle) {
        long offset = offset(ordinal);
        region.putLongRelease(offset + HANDLE, handle);
        region.putLongRelease(offset + GENERATION, region.getLong(offset + GENERATION) + 2);
        // Release fence: no byte of the old record may be written again before the generation.
        VarHandle.releaseFence();
    }

    /** Whether a record cannot be read just now, by its entry's generation. */
    public static boolean isMoving(long generation) {
        return (generation & 1) != 0;
    }

    /** Begins to move a record over itself: whoever reads it now will find it changed, and wait. */
    public void publishMoveStart(int ordinal) {
        long offset = offset(ordinal) + GENERATION;
        region.putLongRelease(offset, region.getLong(offset) | 1);
        // Full fence: the caller looks at the pins next, and then writes over the record.
        VarHandle.fullFence();
    }

    /** Ends the move, or gives it up before a byte was written: the record is where it is said. */
    public void publishMoveEnd(int ordinal, long handle) {
        long offset = offset(ordinal);
        region.putLongRelease(offset + HANDLE, handle);
        region.putLongRelease(offset + GENERATION, (region.getLong(offset + GENERATION) | 1) + 1);
    }

    private static long offset(int ordinal) {
        return PoolFile.HEADER_LENGTH + (ordinal - 1L) * ENTRY_LENGTH;
    }
}
