package io.ddict.manager.persist;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/*
 * Header of a stream, little endian:
 *
 *   offset  field
 *   0       magic
 *   8       version of the format
 *   12      manager
 *   16      managers of the dictionary
 *   24      checkpoint
 *   32      dictionary
 *   60      CRC32C of all before
 */

/**
 * Whose stream it is.
 *
 * @param dictionary the seed of its key hash, which no two dictionaries share
 * @param managers managers of the dictionary
 * @param manager the one that holds these keys
 * @param checkpoint what they held is that of
 */
record Stamp(long dictionary, int managers, int manager, long checkpoint) {
    static final int LENGTH = 64;
    static final int VERSION = 1;

    private static final long MAGIC = 0x3150_4354_4349_4444L;
    private static final int CRC_AT = 60;

    /** The header. */
    ByteBuffer bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, MAGIC).putInt(8, VERSION).putInt(12, manager).putInt(16, managers);
        bytes.putLong(24, checkpoint).putLong(32, dictionary);
        return bytes.putInt(CRC_AT, crc(bytes));
    }

    /** What the checksum of each block begins with, so that none passes for one of another stream. */
    int crc() {
        return bytes().getInt(CRC_AT);
    }

    /**
     * Reads a header.
     *
     * @param where for messages
     */
    static Stamp of(ByteBuffer header, String where) throws CheckpointDamagedException {
        ByteBuffer bytes = header.order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() < LENGTH || bytes.getLong(0) != MAGIC) {
            throw new CheckpointDamagedException("not a persisted checkpoint", "header", where);
        }
        if (bytes.getInt(CRC_AT) != crc(bytes)) {
            throw new CheckpointDamagedException("checksum is wrong", "header", where);
        }
        if (bytes.getInt(8) != VERSION) {
            throw new CheckpointDamagedException(
                    "written by another version of DDict: format="
                            + bytes.getInt(8)
                            + ", known="
                            + VERSION,
                    "header",
                    where);
        }
        return new Stamp(
                bytes.getLong(32), bytes.getInt(16), bytes.getInt(12), bytes.getLong(24));
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CRC_AT));
        return (int) crc.getValue();
    }
}
