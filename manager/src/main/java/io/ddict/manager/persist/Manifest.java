package io.ddict.manager.persist;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * What must be known of a dictionary before its checkpoints can be read.
 *
 * @param hashSeed the seed of its key hash, which tells it from all others
 * @param managers its managers: which of them holds a key depends on how many there are
 * @param placement name of the function that places its keys; empty if their hash does
 */
record Manifest(long hashSeed, int managers, String placement) {
    private static final int MAGIC = 0x4444_4d31;

    byte[] bytes() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(MAGIC);
            out.writeInt(Stamp.VERSION);
            out.writeLong(hashSeed);
            out.writeInt(managers);
            out.writeUTF(placement);
            out.writeInt(crc(bytes.toByteArray(), bytes.size()));
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads one.
     *
     * @param where for messages
     */
    static Manifest of(byte[] bytes, String where) throws IOException {
        int end = bytes.length - Integer.BYTES;
        if (end < Integer.BYTES
                || new DataInputStream(new ByteArrayInputStream(bytes)).readInt() != MAGIC) {
            throw new CheckpointDamagedException("not a manifest", "manifest", where);
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, 4, end));
        int version = in.readInt();
        if (crc(bytes, end) != new DataInputStream(
                new ByteArrayInputStream(bytes, end, Integer.BYTES)).readInt()) {
            throw new CheckpointDamagedException("checksum is wrong", "manifest", where);
        }
        if (version != Stamp.VERSION) {
            throw new CheckpointDamagedException(
                    "written by another version of DDict: format="
                            + version
                            + ", known="
                            + Stamp.VERSION,
                    "manifest",
                    where);
        }
        return new Manifest(in.readLong(), in.readInt(), in.readUTF());
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
