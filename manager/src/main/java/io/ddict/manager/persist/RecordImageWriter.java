package io.ddict.manager.persist;

import io.ddict.store.Snapshot;
import io.ddict.store.table.RecordTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/*
 * A record's image is its header, key and value as a snapshot's stream has them, and a CRC32C of all of
 * that. It is cut into pieces of one length; the last one ends with whatever was there before.
 */

/** Writes the images of records into a table, piece by piece. One thread. */
final class RecordImageWriter {
    /** Bytes of the checksum behind header, key and value. */
    static final int CRC_LENGTH = Integer.BYTES;

    /** Ordinal under which the position is noted, where records have their version. */
    static final int POSITION_ORDINAL = 0;

    private final RecordTable table;
    private final byte[] piece = new byte[RecordTable.PIECE_LENGTH];
    private final MemorySegment bytes = MemorySegment.ofArray(piece);
    private final CRC32C crc = new CRC32C();
    private int ordinal;
    private int side;
    private int pieces;
    private int filled;

    RecordImageWriter(RecordTable table) {
        this.table = table;
    }

    /**
     * Notes up to which position operations are copied, as what the newest of them stored may be gone.
     * Ordinal 0 is no entry's.
     */
    void notePosition(long position) {
        bytes.set(Snapshot.VALUE_LENGTH, Snapshot.VERSION_OFFSET, position);
        table.put(POSITION_ORDINAL, 0, 0, piece);
    }

    /** Begins a record on a side that its entry does not use. */
    void begin(int ofOrdinal, int onSide) {
        ordinal = ofOrdinal;
        side = onSide;
        pieces = 0;
        filled = 0;
        crc.reset();
    }

    /** Adds bytes of the record. */
    void write(MemorySegment source, long offset, long length) {
        for (long at = 0; at < length;) {
            int part = (int) Math.min(length - at, piece.length - filled);
            MemorySegment.copy(source, offset + at, bytes, filled, part);
            crc.update(piece, filled, part);
            at += part;
            fill(part);
        }
    }

    /** Ends the record; returns how many pieces it has. */
    int end() {
        byte[] check = ByteBuffer.allocate(CRC_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) crc.getValue())
                .array();
        for (byte each : check) {
            bytes.set(ValueLayout.JAVA_BYTE, filled, each);
            fill(1);
        }
        if (filled > 0) {
            flush();
        }
        return pieces;
    }

    private void fill(int length) {
        filled += length;
        if (filled == piece.length) {
            flush();
        }
    }

    private void flush() {
        table.put(ordinal, side, pieces, piece);
        pieces++;
        filled = 0;
    }
}
