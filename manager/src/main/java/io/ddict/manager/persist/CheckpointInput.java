package io.ddict.manager.persist;

import io.ddict.store.Snapshot;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/** Reads a stream, and believes nothing that its checksums do not say. One thread. */
final class CheckpointInput implements RecordInput, Closeable {
    private static final int BLOCK_HEADER = 2 * Integer.BYTES;

    private final ReadableByteChannel channel;
    private final String where;
    private final int stamp;
    private final ByteBuffer head =
            ByteBuffer.allocate(BLOCK_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer bytes =
            ByteBuffer.allocateDirect(CheckpointOutput.BLOCK_LENGTH)
                    .order(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment block = MemorySegment.ofBuffer(bytes.duplicate());
    private long number = -1;
    private int position;
    private int length;
    private long records;
    private long recordsRead;
    private boolean ended;

    /**
     * Takes over a channel, and reads the header.
     *
     * @param expected whose stream it must be
     */
    CheckpointInput(ReadableByteChannel channel, Stamp expected, String where)
            throws IOException {
        this.channel = channel;
        this.where = where;
        this.stamp = expected.crc();
        try {
            ByteBuffer header = ByteBuffer.allocate(Stamp.LENGTH);
            fill(header);
            Stamp found = Stamp.of(header.flip(), where);
            if (!found.equals(expected)) {
                throw new CheckpointDamagedException(
                        "of another dictionary, manager or checkpoint: found="
                                + found
                                + ", expected="
                                + expected,
                        "header",
                        where);
            }
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public boolean hasNext() throws IOException {
        if (position == length && !ended) {
            nextBlock();
        }
        if (ended && recordsRead != records) {
            throw damaged("records=" + recordsRead + ", recordsWanted=" + records);
        }
        return !ended;
    }

    @Override
    public void next(MemorySegment header) throws IOException {
        read(header, 0, Snapshot.HEADER_LENGTH);
        recordsRead++;
    }

    @Override
    public void read(MemorySegment target, long offset, long wanted) throws IOException {
        long at = offset;
        for (long left = wanted; left > 0;) {
            long part = Math.min(left, available());
            MemorySegment.copy(block, position, target, at, part);
            position += (int) part;
            at += part;
            left -= part;
        }
    }

    /** Reads to the end, checking everything on the way. */
    void check() throws IOException {
        MemorySegment header = MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH]);
        while (hasNext()) {
            next(header);
            long left = Integer.toUnsignedLong(header.get(Snapshot.KEY_LENGTH, 8))
                    + header.get(Snapshot.VALUE_LENGTH, 0);
            skip(left);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void skip(long count) throws IOException {
        long left = count;
        while (left > 0) {
            int part = (int) Math.min(left, available());
            position += part;
            left -= part;
        }
    }

    // Bytes of the block that have yet to be read: at least one, as the record goes on.
    private int available() throws IOException {
        if (position == length) {
            nextBlock();
            if (ended) {
                throw damaged("ends within a record");
            }
        }
        return length - position;
    }

    private void nextBlock() throws IOException {
        number++;
        fill(head.clear());
        length = head.getInt(0);
        position = 0;
        if (head.hasRemaining()) {
            throw damaged("ends too early");
        }
        if (length < 0 || length > CheckpointOutput.BLOCK_LENGTH) {
            throw damaged("impossible length: length=" + length);
        }
        bytes.clear().limit(length == 0 ? Long.BYTES : length);
        fill(bytes);
        if (bytes.hasRemaining()) {
            throw damaged("ends too early");
        }
        int crc = CheckpointOutput.crc(stamp, number, length, bytes.flip());
        if (crc != head.getInt(4)) {
            throw damaged("checksum is wrong");
        }
        if (length == 0) {
            end();
        }
    }

    private void end() throws IOException {
        ended = true;
        records = block.get(
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        ByteBuffer more = ByteBuffer.allocate(1);
        if (channel.read(more) >= 0) {
            throw damaged("bytes follow the last block");
        }
    }

    private void fill(ByteBuffer target) throws IOException {
        while (target.hasRemaining() && channel.read(target) >= 0) {}
    }

    private CheckpointDamagedException damaged(String what) {
        return new CheckpointDamagedException(what, "block " + number, where);
    }
}
