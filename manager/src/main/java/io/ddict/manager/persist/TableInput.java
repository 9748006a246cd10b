package io.ddict.manager.persist;

import io.ddict.store.Snapshot;
import io.ddict.store.table.RecordTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;

/*
 * What a killed process left may have both sides of an entry, one of them perhaps not whole, and one key at
 * two entries. Records that are not whole are passed over; the others come in the order of their versions,
 * so that who stores them one after the other ends with the newest of each key.
 */

/** The records of a table, each whole, the oldest first. One thread. */
final class TableInput implements RecordInput {
    private final RecordTable table;
    private final List<Found> found = new ArrayList<>();
    private final byte[] piece = new byte[RecordTable.PIECE_LENGTH];
    private final MemorySegment bytes = MemorySegment.ofArray(piece);
    private final CRC32C crc = new CRC32C();
    private long versionMax;
    private int next;
    private long position;
    private int loaded = -1;
    private long torn;

    TableInput(RecordTable table) {
        this.table = table;
        table.forEachFirst((ordinal, side, first) -> {
            MemorySegment header = MemorySegment.ofArray(first);
            long version = header.get(Snapshot.VALUE_LENGTH, Snapshot.VERSION_OFFSET);
            long length = Snapshot.HEADER_LENGTH
                    + Integer.toUnsignedLong(header.get(Snapshot.KEY_LENGTH, 8))
                    + header.get(Snapshot.VALUE_LENGTH, 0);
            if (ordinal != RecordImageWriter.POSITION_ORDINAL) {
                found.add(new Found(ordinal, side, version, length));
            }
            versionMax = Math.max(versionMax, version);
        });
        found.sort(Comparator.comparingLong(Found::version));
    }

    /** Highest version that any key has or had, as of the last round that was completed. */
    long versionMax() {
        return versionMax;
    }

    /** Records that are there, whole or not. */
    int count() {
        return found.size();
    }

    /** Records passed over so far, as they were not whole. */
    long torn() {
        return torn;
    }

    @Override
    public boolean hasNext() {
        while (next < found.size() && !isWhole(found.get(next))) {
            torn++;
            next++;
        }
        return next < found.size();
    }

    @Override
    public void next(MemorySegment header) {
        next++;
        position = 0;
        loaded = -1;
        read(header, 0, Snapshot.HEADER_LENGTH);
    }

    @Override
    public void read(MemorySegment target, long offset, long wanted) {
        for (long at = 0; at < wanted;) {
            int start = load(found.get(next - 1), position);
            int part = (int) Math.min(wanted - at, piece.length - start);
            MemorySegment.copy(bytes, start, target, offset + at, part);
            position += part;
            at += part;
        }
    }

    private boolean isWhole(Found record) {
        crc.reset();
        loaded = -1;
        long left = record.length;
        for (long at = 0; left > 0;) {
            int start = load(record, at);
            if (start < 0) {
                return false;
            }
            int part = (int) Math.min(left, piece.length - start);
            crc.update(piece, start, part);
            at += part;
            left -= part;
        }
        return isEndedBy(record, (int) crc.getValue());
    }

    private boolean isEndedBy(Found record, int check) {
        for (int i = 0; i < RecordImageWriter.CRC_LENGTH; i++) {
            int start = load(record, record.length + i);
            if (start < 0
                    || bytes.get(ValueLayout.JAVA_BYTE, start) != (byte) (check >>> 8 * i)) {
                return false;
            }
        }
        return true;
    }

    // Where a position of the image is in the piece that is loaded, or -1 if there is no such piece.
    private int load(Found record, long imagePosition) {
        int wanted = (int) (imagePosition / piece.length);
        if (wanted != loaded) {
            loaded = table.get(record.ordinal, record.side, wanted, piece) ? wanted : -1;
        }
        return loaded < 0 ? -1 : (int) (imagePosition % piece.length);
    }

    private record Found(int ordinal, int side, long version, long length) {}
}
