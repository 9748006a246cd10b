package io.ddict.store;

import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/*
 * What one checkpoint holds at one position of the ring, copied out in slices while the pool goes on
 * to change. Nothing is copied ahead: the set of ordinals that have yet to be copied is all there is at
 * first. Before such an entry gets another record, or ends, its record is kept, which means that its
 * space is not given back before it was copied. So a snapshot costs writers one look at a set for each
 * record they replace, and memory for what is replaced in the meantime.
 *
 * The stream, little endian, without any padding:
 *
 *   offset  field
 *   0       value length
 *   8       key length
 *   12      key tag, value tag, flags (1: persistent), 0
 *   16      version
 *   24      ordinal, 0 (4 bytes)
 *   32      key, value
 */

/** A checkpoint being copied out. The manager's thread, but for {@link #checkpoint}. */
public final class Snapshot {
    /** Bytes before a key in the stream. */
    public static final int HEADER_LENGTH = 32;

    /** Flag of a value that carries over to later checkpoints where others do not. */
    public static final byte PERSISTENT = 1;

    /** Where the value's length is. */
    public static final ValueLayout.OfLong VALUE_LENGTH =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where the version is, written as the value's length is. */
    public static final int VERSION_OFFSET = 16;

    /** Where the ordinal is, written as the key's length is. */
    public static final int ORDINAL_OFFSET = 24;

    /** How the key's length, at offset 8, is written. */
    public static final ValueLayout.OfInt KEY_LENGTH =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int NONE = 0;

    private final Snapshots snapshots;
    private final EntryArray entries;
    private final MemoryRegion data;
    private final @Nullable MemoryRegion spill;
    private final Borrowed borrowed;
    private final long checkpoint;
    private final long position;
    private final RoaringBitmap remaining;
    private final Queue<Kept> kept = new ArrayDeque<>();
    private int ordinal;
    private long keptHandle = Handle.NONE;
    private byte flags;
    private long copied;
    private long records;

    Snapshot(
            Snapshots snapshots,
            MemoryPool owned,
            long checkpoint,
            long position,
            RoaringBitmap remaining) {
        MappedPool pool = owned.mapped();
        this.snapshots = snapshots;
        this.borrowed = owned.borrowed();
        this.entries = pool.entries();
        this.data = pool.data();
        this.spill = pool.spill();
        this.checkpoint = checkpoint;
        this.position = position;
        this.remaining = remaining;
    }

    /** The checkpoint. */
    public long checkpoint() {
        return checkpoint;
    }

    /** Records whose copying has begun. */
    public long records() {
        return records;
    }

    /**
     * Copies the next part of the stream; a key or a value may go on in the part after it.
     *
     * @param target of at least 1 KiB
     * @return bytes copied; 0 at the end
     */
    public long copy(MemorySegment target) {
        long length = 0;
        while (hasCurrent() || target.byteSize() - length >= HEADER_LENGTH && next()) {
            long part = copyPart(target, length);
            length += part;
            if (hasCurrent()) {
                return length;
            }
        }
        return length;
    }

    /** Whether it will copy an entry's record, so that this must be kept when the entry changes. */
    boolean wants(int entry) {
        return entry == ordinal && keptHandle == Handle.NONE
                || remaining.contains(entry) && isOfSnapshot(entries.handle(entry));
    }

    /** Keeps a wanted entry's record. */
    void keep(int entry, long handle) {
        if (entry == ordinal && keptHandle == Handle.NONE) {
            keptHandle = handle;
        } else {
            remaining.remove(entry);
            kept.add(new Kept(handle, snapshots.flags(entry)));
        }
    }

    /** Gives back what is kept. */
    void end() {
        endCurrent();
        for (Kept each = kept.poll(); each != null; each = kept.poll()) {
            snapshots.release(each.handle);
        }
        remaining.clear();
    }

    private boolean hasCurrent() {
        return ordinal != NONE || keptHandle != Handle.NONE;
    }

    // What is kept first: it takes memory.
    private boolean next() {
        Kept first = kept.poll();
        if (first != null) {
            keptHandle = first.handle;
            flags = first.flags;
        } else {
            ordinal = nextOrdinal();
            if (ordinal == NONE) {
                return false;
            }
            flags = snapshots.flags(ordinal);
        }
        copied = 0;
        records++;
        return true;
    }

    private int nextOrdinal() {
        while (!remaining.isEmpty()) {
            int first = remaining.first();
            remaining.remove(first);
            if (isOfSnapshot(entries.handle(first))) {
                return first;
            }
        }
        return NONE;
    }

    private boolean isOfSnapshot(long handle) {
        return handle != Handle.NONE
                && RecordLayout.version(data, Handle.offset(handle)) <= position;
    }

    // Asked each time: the record may have been moved since the last part.
    private long record() {
        return Handle.offset(keptHandle != Handle.NONE ? keptHandle : entries.handle(ordinal));
    }

    // Where the value is of a record that stands for a loan.
    private MemoryRegion lent() {
        Loan loan = keptHandle != Handle.NONE
                ? borrowed.ofLeaving(keptHandle)
                : borrowed.of(ordinal);
        return Objects.requireNonNull(loan).region();
    }

    private long copyPart(MemorySegment target, long at) {
        long record = record();
        int keyLength = RecordLayout.keyLength(data, record);
        long start = record + RecordLayout.valueOffset(keyLength);
        byte tag = RecordLayout.valueTag(data, record);
        MemoryRegion values = data;
        long valueStart = start;
        long valueLength = RecordLayout.valueLength(data, record);
        if (RecordLayout.isAway(tag)) {
            values = tag == RecordLayout.TAG_SPILLED ? Objects.requireNonNull(spill) : lent();
            valueStart = RecordLayout.awayOffset(data, start);
            valueLength = RecordLayout.awayLength(data, start);
            tag = RecordLayout.awayTag(data, start);
        }
        long to = at;
        if (copied == 0) {
            writeHeader(target, at, record, tag, valueLength);
            to += HEADER_LENGTH;
            copied = HEADER_LENGTH;
        }
        long keyEnd = HEADER_LENGTH + (long) keyLength;
        if (copied < keyEnd) {
            long from = record + RecordLayout.HEADER_LENGTH + copied - HEADER_LENGTH;
            to += copyBytes(target, to, data, from, keyEnd - copied);
        }
        long end = keyEnd + valueLength;
        if (copied >= keyEnd && copied < end) {
            to += copyBytes(target, to, values, valueStart + copied - keyEnd, end - copied);
        }
        if (copied == end) {
            endCurrent();
        }
        return to - at;
    }

    private void writeHeader(
            MemorySegment target, long at, long record, byte valueTag, long valueLength) {
        target.set(VALUE_LENGTH, at, valueLength);
        target.set(KEY_LENGTH, at + 8, RecordLayout.keyLength(data, record));
        target.set(ValueLayout.JAVA_BYTE, at + 12, RecordLayout.keyTag(data, record));
        target.set(ValueLayout.JAVA_BYTE, at + 13, valueTag);
        target.set(ValueLayout.JAVA_BYTE, at + 14, flags);
        target.set(ValueLayout.JAVA_BYTE, at + 15, (byte) 0);
        target.set(VALUE_LENGTH, at + VERSION_OFFSET, RecordLayout.version(data, record));
        target.set(KEY_LENGTH, at + ORDINAL_OFFSET, RecordLayout.ordinal(data, record));
        target.set(KEY_LENGTH, at + ORDINAL_OFFSET + Integer.BYTES, 0);
    }

    private long copyBytes(
            MemorySegment target, long to, MemoryRegion source, long from, long wanted) {
        long length = Math.min(wanted, target.byteSize() - to);
        MemorySegment.copy(source.readOnlySegment(), from, target, to, length);
        copied += length;
        return length;
    }

    private void endCurrent() {
        if (keptHandle != Handle.NONE) {
            snapshots.release(keptHandle);
        }
        keptHandle = Handle.NONE;
        ordinal = NONE;
    }

    private record Kept(long handle, byte flags) {}
}
