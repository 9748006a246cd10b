package io.ddict.store.pool;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * One mapped file of a memory pool, read and written with a named memory order.
 *
 * <p>Every store that the product makes into shared memory goes through this class. That gives the
 * crash tests one place to stand: a subclass records the stores and replays any prefix of them. In
 * production no subclass is loaded, so calls are inlined.
 *
 * <p>Safe from any thread; which thread may write what is said by the classes that lay fields over a
 * region. Offsets are bytes from the start of the region; longs are 8-byte aligned, ints 4-byte.
 */
public class MemoryRegion {
    private static final VarHandle LONG = JAVA_LONG.varHandle();

    private final MemorySegment segment;
    private final MemorySegment readOnlySegment;

    /**
     * Wraps a mapped segment.
     *
     * @param segment the bytes; stays owned by its arena
     */
    public MemoryRegion(MemorySegment segment) {
        this.segment = segment;
        this.readOnlySegment = segment.asReadOnly();
    }

    /** The bytes for bulk writers; whoever writes through it must call {@link #written}. */
    public final MemorySegment writableSegment() {
        return segment;
    }

    /** The bytes for readers. */
    public final MemorySegment readOnlySegment() {
        return readOnlySegment;
    }

    /** Length in bytes. */
    public final long length() {
        return segment.byteSize();
    }

    /** Reads without ordering. */
    public final long getLong(long offset) {
        return segment.get(JAVA_LONG, offset);
    }

    /** Reads without ordering. */
    public final int getInt(long offset) {
        return segment.get(JAVA_INT, offset);
    }

    /** Reads without ordering. */
    public final byte getByte(long offset) {
        return segment.get(JAVA_BYTE, offset);
    }

    /** Reads before anything that follows. */
    public final long getLongAcquire(long offset) {
        return (long) LONG.getAcquire(segment, offset);
    }

    /** Reads in the one order that all volatile accesses agree on. */
    public final long getLongVolatile(long offset) {
        return (long) LONG.getVolatile(segment, offset);
    }

    /** Writes without ordering. */
    public void putLong(long offset, long value) {
        segment.set(JAVA_LONG, offset, value);
    }

    /** Writes without ordering. */
    public void putInt(long offset, int value) {
        segment.set(JAVA_INT, offset, value);
    }

    /** Writes without ordering; for what a crash may lose. */
    public final void putByte(long offset, byte value) {
        segment.set(JAVA_BYTE, offset, value);
    }

    /** Writes after everything before it. */
    public void putLongRelease(long offset, long value) {
        LONG.setRelease(segment, offset, value);
    }

    /** Writes in the one order that all volatile accesses agree on. */
    public void putLongVolatile(long offset, long value) {
        LONG.setVolatile(segment, offset, value);
    }

    /** Writes {@code value} if {@code expected} is there; the order of a volatile read and write. */
    public boolean compareAndSetLong(long offset, long expected, long value) {
        return LONG.compareAndSet(segment, offset, expected, value);
    }

    /** Copies bytes from a heap array. */
    public void copyFrom(long offset, byte[] source, int sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, segment, JAVA_BYTE, offset, length);
    }

    /** Copies bytes from another segment. */
    public void copyFrom(long offset, MemorySegment source, long sourceOffset, long length) {
        MemorySegment.copy(source, sourceOffset, segment, offset, length);
    }

    /** Tells that {@code length} bytes from {@code offset} were written through the segment. */
    public void written(long offset, long length) {}
}
