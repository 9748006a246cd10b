package io.ddict.manager.persist;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/*
 * Behind the header come blocks: length (4), CRC32C (4), bytes. The checksum is over the header's, the
 * block's number, its length and its bytes. The last block has the length 0 and is followed by the
 * number of records (8), which its checksum covers. Nothing follows.
 */

/** Writes a stream in blocks. One thread. */
final class CheckpointOutput implements Closeable {
    /** Most bytes of a block. */
    static final int BLOCK_LENGTH = 1 << 18;

    private static final int BLOCK_HEADER = 2 * Integer.BYTES;

    private final Persister.Stream stream;
    private final int stamp;
    private final ByteBuffer block =
            ByteBuffer.allocateDirect(BLOCK_HEADER + BLOCK_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private long number;

    /** Begins a stream. */
    CheckpointOutput(Persister.Stream stream, Stamp stamp) throws IOException {
        this.stream = stream;
        this.stamp = stamp.crc();
        writeAll(stamp.bytes());
    }

    /** Space for the next block, at most {@link #BLOCK_LENGTH}. */
    MemorySegment block() {
        return MemorySegment.ofBuffer(block.clear().position(BLOCK_HEADER));
    }

    /** Writes what lies in {@link #block}. */
    void write(int blockLength) throws IOException {
        block.clear().limit(BLOCK_HEADER + blockLength);
        block.putInt(0, blockLength);
        block.putInt(4, crc(stamp, number++, blockLength, block.slice(BLOCK_HEADER, blockLength)));
        writeAll(block);
    }

    /** Ends the stream and makes it last. */
    void commit(long records) throws IOException {
        block.clear().limit(BLOCK_HEADER + Long.BYTES);
        block.putInt(0, 0).putLong(BLOCK_HEADER, records);
        block.putInt(4, crc(stamp, number, 0, block.slice(BLOCK_HEADER, Long.BYTES)));
        writeAll(block);
        stream.commit();
    }

    /** Forgets the stream, unless it was committed. */
    @Override
    public void close() throws IOException {
        stream.close();
    }

    static int crc(int stamp, long number, int length, ByteBuffer bytes) {
        ByteBuffer head = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(stamp).putLong(number).putInt(length).flip();
        CRC32C crc = new CRC32C();
        crc.update(head);
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private void writeAll(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int _ = stream.write(bytes);
        }
    }
}
