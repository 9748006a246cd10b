package io.ddict.client.channel;

import io.ddict.client.codec.Codec;
import io.ddict.client.codec.KeyBytes;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.WorkingSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/*
 * The operations lie here as they will in a staging ring, so that posting one is a copy of a few cache
 * lines. The memory is not the heap's: what writes operations into staging rings writes into the same
 * kind of memory here, which keeps the compiled code of both simple.
 */

/** Puts of a batch for one manager, encoded and not yet posted. One thread. */
public final class CollectedPuts {
    /** Most puts that are collected. */
    public static final int COUNT_MAX = 1024;

    /** Most bytes that are collected, headers and rounding included. */
    public static final int LENGTH_MAX = 256 << 10;

    private static final int LENGTH_FIRST = 16 << 10;

    private final int[] offsets = new int[COUNT_MAX + 1];
    private final long[] positions = new long[COUNT_MAX];
    private MemoryRegion bytes = allocate(LENGTH_FIRST);
    private Operation operation = new Operation(bytes);
    private int count;

    /** Collects nothing yet. */
    public CollectedPuts() {}

    /** Whether a put of these lengths is of those that are collected at all. */
    public static boolean isCollectable(int keyLength, long valueLength) {
        return SizeClasses.isSmall(keyLength, valueLength);
    }

    /** Whether there is room for one more, which is collectable. */
    public boolean hasRoom(int keyLength, long valueLength) {
        return count < COUNT_MAX
                && offsets[count] + Operation.length(keyLength, valueLength) <= LENGTH_MAX;
    }

    /**
     * Collects a put of the call's key; there is room.
     *
     * @param valueLength as the codec has prepared it in the call's scratch
     */
    public <T> void add(CallContext call, Codec<T> codec, T value, long valueLength) {
        KeyBytes key = call.key();
        int offset = offsets[count];
        int end = offset + rounded(Operation.length(key.length(), valueLength));
        if (end > bytes.length()) {
            grow(end);
        }
        operation.wrap(bytes, offset);
        operation.writeHeader(
                Operation.PUT, (byte) 0, key.tag(), codec.tag(), key.length(), call.hash());
        operation.writeOperands(valueLength, 0, 0, 0, call.checkpoint());
        bytes.copyFrom(operation.keyOffset(), key.array(), key.offset(), key.length());
        codec.write(value, call.scratch(), bytes.writableSegment(), operation.valueOffset());
        offsets[++count] = end;
    }

    /**
     * Collects so many that lie as {@link #segment} has them, in place of what was collected. They may come
     * from anybody: of each, only what a put of a batch has is taken.
     *
     * @throws IllegalArgumentException if they are not so many, or one is no put of a batch; then there are
     *     none
     */
    public void replaceBy(MemorySegment operations, long number) {
        clear();
        long length = operations.byteSize();
        if (length <= LENGTH_MAX && number <= COUNT_MAX) {
            if (length > bytes.length()) {
                grow((int) length);
            }
            bytes.copyFrom(0, operations, 0, length);
            boolean taken = true;
            while (taken && count < number) {
                taken = tryTake((int) length);
            }
        }
        if (count != number || offsets[count] != length) {
            clear();
            throw new IllegalArgumentException(
                    "batch is malformed: puts=" + number + ", length=" + length + "B");
        }
    }

    // The next one of those whose bytes are there.
    private boolean tryTake(int limit) {
        int offset = offsets[count];
        if (limit - offset < Operation.HEADER_LENGTH) {
            return false;
        }
        operation.wrap(bytes, offset);
        int keyLength = operation.keyLength();
        long valueLength = operation.valueLength();
        long checkpoint = operation.checkpoint();
        if (operation.kind() != Operation.PUT
                || keyLength < 0
                || valueLength < 0
                || valueLength > limit
                || checkpoint < 0
                || checkpoint > WorkingSet.CHECKPOINT_MAX
                || !isCollectable(keyLength, valueLength)) {
            return false;
        }
        int end = offset + rounded(Operation.length(keyLength, valueLength));
        if (end > limit) {
            return false;
        }
        operation.writeHeader(
                Operation.PUT, (byte) 0, operation.keyTag(), operation.valueTag(), keyLength,
                operation.hash());
        operation.writeOperands(valueLength, 0, 0, 0, checkpoint);
        offsets[++count] = end;
        return true;
    }

    /** How many there are. */
    public int count() {
        return count;
    }

    /** Forgets them. */
    public void clear() {
        count = 0;
    }

    /** The operations. */
    public MemorySegment segment() {
        return bytes.readOnlySegment();
    }

    /** Where an operation starts, and the one before ends, in whole units of a staging ring. */
    public int offset(int index) {
        return offsets[index];
    }

    /** Hash of its key. */
    public long hash(int index) {
        return Operation.hashAt(bytes, offsets[index]);
    }

    /** Length of its value. */
    public long valueLength(int index) {
        return operation.wrap(bytes, offsets[index]).valueLength();
    }

    /** Bytes that its record will take of the pool. */
    public long lengthTaken(int index) {
        operation.wrap(bytes, offsets[index]);
        return RecordLayout.lengthTaken(operation.keyLength(), operation.valueLength());
    }

    /** Makes a call be about its key. */
    public void wrapKey(int index, CallContext call) {
        operation.wrap(bytes, offsets[index]);
        byte[] key = new byte[operation.keyLength()];
        MemorySegment.copy(
                segment(), ValueLayout.JAVA_BYTE, operation.keyOffset(), key, 0, key.length);
        call.key().wrap(operation.keyTag(), key, 0, key.length);
        call.hash(operation.hash());
    }

    /** Where it was published, or a negative number if it was not. */
    public long position(int index) {
        return positions[index];
    }

    /** Notes where it was published. */
    public void position(int index, long position) {
        positions[index] = position;
    }

    private void grow(int length) {
        MemoryRegion larger = allocate(Math.max(2 * (int) bytes.length(), length));
        larger.copyFrom(0, segment(), 0, offsets[count]);
        bytes = larger;
        operation = new Operation(larger);
    }

    private static int rounded(long length) {
        return (int) (length + PostingRing.STAGING_UNIT - 1) & -PostingRing.STAGING_UNIT;
    }

    private static MemoryRegion allocate(int length) {
        return new MemoryRegion(Arena.ofAuto().allocate(length, Long.BYTES));
    }
}
