package io.ddict.store.pool;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/*
 * A record: one key and one value, never changed after it was committed.
 *
 *   offset  field
 *   0       version: position of the operation that wrote it
 *   8       value length (48 bits) | key length (16 bits)
 *   16      ordinal (32) | key tag (8) | value tag (8) | check (16)
 *   24      key, padded to 8 bytes
 *   ...     value
 *
 * The value of a key with a time to live has the tag TAG_EXPIRING, and begins with 16 bytes of its own:
 * when it ends, in milliseconds since 1970, and the tag of its codec. What follows is the value as others
 * have it. So whatever moves, copies and keeps records need not know of it.
 *
 * The value of a large record that was moved to the pool's file on a disk has the tag TAG_SPILLED, and is
 * 24 bytes that say where it is: its offset in that file, its length, and the tag that it had; and of one
 * that ends by itself the 16 bytes that it begins with. The rest of the record, its version and key, is as
 * before: whatever looks for a key, or for values whose time is over, never touches the disk.
 *
 * A value that another manager's pool on this node has lent has the tag TAG_LENT, and is 32 bytes: its
 * offset in that pool's data file, its length, the tag that it has there and the manager's number above it
 * (32 bits), and the version of the record there. See Loans.
 *
 * The check folds the three words before it, so that recovery tells a record from bytes that only
 * look like one.
 */

/** Where the parts of a record are, and how its header is written, read and checked. */
public final class RecordLayout {
    /** Bytes before the key. */
    public static final int HEADER_LENGTH = 24;

    /** Tag of the value of a record that marks its key as deleted; no codec has it. */
    public static final byte TAG_DELETED = -1;

    /** Tag of a value that ends by itself. */
    public static final byte TAG_EXPIRING = -2;

    /** Tag of a value that is on a disk. */
    public static final byte TAG_SPILLED = -3;

    /** Bytes in place of such a value; see {@link #spilledLength(byte)}. */
    public static final int SPILLED_LENGTH = 24;

    /** Tag of a value that another manager on this node has lent. */
    public static final byte TAG_LENT = -4;

    /** Bytes in place of such a value. */
    public static final int LENT_LENGTH = 32;

    /** Bytes before the value proper of one that ends by itself. */
    public static final int EXPIRY_LENGTH = 16;

    private static final long VERSION = 0;
    private static final long LENGTHS = 8;
    private static final long IDENTITY = 16;
    private static final int CHECK_SHIFT = 48;
    private static final long VALUE_LENGTH_MASK = (1L << 48) - 1;
    private static final VarHandle ARRAY_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private RecordLayout() {}

    /** Length of a record in bytes, without rounding. */
    public static long length(int keyLength, long valueLength) {
        return valueOffset(keyLength) + valueLength;
    }

    /** Pages that a record takes as a block. */
    public static int pages(int keyLength, long valueLength) {
        return (int) Math.ceilDiv(length(keyLength, valueLength), PoolGeometry.PAGE_LENGTH);
    }

    /** Length of a record, without rounding, were its value in it wherever that is. */
    public static long wholeLength(MemoryRegion data, long offset) {
        int keyLength = keyLength(data, offset);
        return length(
                keyLength,
                isAway(valueTag(data, offset))
                        ? awayLength(data, offset + valueOffset(keyLength))
                        : valueLength(data, offset));
    }

    /** Bytes that a record takes of the data: those of its size class, or whole pages. */
    public static long lengthTaken(int keyLength, long valueLength) {
        long length = length(keyLength, valueLength);
        return SizeClasses.isSmall(keyLength, valueLength)
                ? SizeClasses.length(SizeClasses.ofLength(length))
                : (length + PoolGeometry.PAGE_LENGTH - 1) & -PoolGeometry.PAGE_LENGTH;
    }

    /** Offset of the value within the record, a multiple of eight. */
    public static long valueOffset(int keyLength) {
        return HEADER_LENGTH + ((keyLength + 7L) & ~7L);
    }

    /** Writes a header. */
    public static void writeHeader(
            MemoryRegion data,
            long offset,
            long version,
            int keyLength,
            long valueLength,
            int ordinal,
            byte keyTag,
            byte valueTag) {
        long lengths = (long) keyLength << 48 | valueLength;
        long identity =
                ordinal & 0xFFFF_FFFFL | (keyTag & 0xFFL) << 32 | (valueTag & 0xFFL) << 40;
        data.putLong(offset + VERSION, version);
        data.putLong(offset + LENGTHS, lengths);
        data.putLong(offset + IDENTITY, identity | check(version, lengths, identity));
    }

    /** Position of the operation that wrote the record. */
    public static long version(MemoryRegion data, long offset) {
        return data.getLong(offset + VERSION);
    }

    /** Length of the key in bytes. */
    public static int keyLength(MemoryRegion data, long offset) {
        return (int) (data.getLong(offset + LENGTHS) >>> 48);
    }

    /** Length of the value in bytes. */
    public static long valueLength(MemoryRegion data, long offset) {
        return data.getLong(offset + LENGTHS) & VALUE_LENGTH_MASK;
    }

    /** Ordinal of the entry that the record was written for. */
    public static int ordinal(MemoryRegion data, long offset) {
        return (int) data.getLong(offset + IDENTITY);
    }

    /** Tag of the key's type. */
    public static byte keyTag(MemoryRegion data, long offset) {
        return (byte) (data.getLong(offset + IDENTITY) >>> 32);
    }

    /** Tag of the value's codec. */
    public static byte valueTag(MemoryRegion data, long offset) {
        return (byte) (data.getLong(offset + IDENTITY) >>> 40);
    }

    /** When a value ends that begins at an offset and whose tag is TAG_EXPIRING, in ms since 1970. */
    public static long expiresMs(MemoryRegion data, long valueOffset) {
        return data.getLong(valueOffset);
    }

    /** Tag of the codec of such a value. */
    public static byte expiringTag(MemoryRegion data, long valueOffset) {
        return data.getByte(valueOffset + Long.BYTES);
    }

    /** Whether the time of a value is over. */
    public static boolean isOver(long expiresMs) {
        return System.currentTimeMillis() >= expiresMs;
    }

    /** Writes what such a value begins with. */
    public static void writeExpiry(
            MemorySegment target, long offset, long expiresMs, byte valueTag) {
        target.set(JAVA_LONG_UNALIGNED, offset, expiresMs);
        target.set(JAVA_LONG_UNALIGNED, offset + Long.BYTES, valueTag & 0xFFL);
    }

    /** Whether a tag says that something else is before the value proper, or in its place. */
    public static boolean isWrapped(byte valueTag) {
        return valueTag < TAG_DELETED;
    }

    /** Whether a tag says that the value is elsewhere. */
    public static boolean isAway(byte valueTag) {
        return valueTag == TAG_SPILLED || valueTag == TAG_LENT;
    }

    /** Bytes in place of a value on a disk that had a tag. */
    public static int spilledLength(byte valueTag) {
        return valueTag == TAG_EXPIRING ? SPILLED_LENGTH + EXPIRY_LENGTH : SPILLED_LENGTH;
    }

    /** Where in its file a value is that is on a disk or lent, by what is in its place at an offset. */
    public static long awayOffset(MemoryRegion data, long valueOffset) {
        return data.getLong(valueOffset);
    }

    /** Length of such a value. */
    public static long awayLength(MemoryRegion data, long valueOffset) {
        return data.getLong(valueOffset + Long.BYTES);
    }

    /** Tag that such a value had. */
    public static byte awayTag(MemoryRegion data, long valueOffset) {
        return data.getByte(valueOffset + 2 * Long.BYTES);
    }

    /** Number of the manager that has lent a value. */
    public static int lender(MemoryRegion data, long valueOffset) {
        return (int) (data.getLong(valueOffset + 2 * Long.BYTES) >>> Integer.SIZE);
    }

    /** Version of the record that a lent value is part of. */
    public static long lentVersion(MemoryRegion data, long valueOffset) {
        return data.getLong(valueOffset + 3 * Long.BYTES);
    }

    /** Writes what stands in place of a value that was lent. */
    public static void writeLent(
            MemoryRegion data,
            long valueOffset,
            long offset,
            long length,
            byte valueTag,
            int lender,
            long version) {
        data.putLong(valueOffset, offset);
        data.putLong(valueOffset + Long.BYTES, length);
        data.putLong(
                valueOffset + 2 * Long.BYTES,
                (long) lender << Integer.SIZE | valueTag & 0xFFL);
        data.putLong(valueOffset + 3 * Long.BYTES, version);
    }

    /** Writes what stands in place of a value that was in memory. */
    public static void writeSpilled(
            MemoryRegion data,
            long valueOffset,
            long offset,
            long length,
            byte valueTag,
            long valueInMemory) {
        data.putLong(valueOffset, offset);
        data.putLong(valueOffset + Long.BYTES, length);
        data.putLong(valueOffset + 2 * Long.BYTES, valueTag & 0xFFL);
        if (valueTag == TAG_EXPIRING) {
            data.copyFrom(
                    valueOffset + SPILLED_LENGTH, data.readOnlySegment(), valueInMemory,
                    EXPIRY_LENGTH);
        }
    }

    /** Whether the header at an offset is one that was written whole. */
    public static boolean isIntact(MemoryRegion data, long offset) {
        if (offset < 0 || offset > data.length() - HEADER_LENGTH) {
            return false;
        }
        long identity = data.getLong(offset + IDENTITY);
        long unchecked = identity & VALUE_LENGTH_MASK;
        long lengths = data.getLong(offset + LENGTHS);
        long end = length((int) (lengths >>> 48), lengths & VALUE_LENGTH_MASK);
        return check(data.getLong(offset + VERSION), lengths, unchecked) == (identity ^ unchecked)
                && end <= data.length() - offset;
    }

    /** Whether the key of a record equals the given bytes. */
    public static boolean keyEquals(
            MemoryRegion data, long offset, byte[] key, int keyOffset, int keyLength) {
        MemorySegment segment = data.readOnlySegment();
        long position = offset + HEADER_LENGTH;
        int i = 0;
        for (; i <= keyLength - Long.BYTES; i += Long.BYTES) {
            if (segment.get(JAVA_LONG_UNALIGNED, position + i)
                    != (long) ARRAY_LONG.get(key, keyOffset + i)) {
                return false;
            }
        }
        for (; i < keyLength; i++) {
            if (segment.get(JAVA_BYTE, position + i) != key[keyOffset + i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether the key of a record equals bytes in another region. */
    public static boolean keyEquals(
            MemoryRegion data, long offset, MemoryRegion region, long keyOffset, int keyLength) {
        long position = offset + HEADER_LENGTH;
        return MemorySegment.mismatch(
                data.readOnlySegment(),
                position,
                position + keyLength,
                region.readOnlySegment(),
                keyOffset,
                keyOffset + keyLength)
                == -1;
    }

    private static long check(long version, long lengths, long identity) {
        long mixed = (version ^ Long.rotateLeft(lengths, 23) ^ identity) * 0x9E37_79B9_7F4A_7C15L;
        mixed ^= lengths * 0xC2B2_AE3D_27D4_EB4FL;
        // Or-ed with one bit: a header of zeros is no record.
        return ((mixed >>> 48) | 1) << CHECK_SHIFT;
    }
}
