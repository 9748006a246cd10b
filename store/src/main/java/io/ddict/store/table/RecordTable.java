package io.ddict.store.table;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import net.openhft.chronicle.hash.ChronicleHashCorruption;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/*
 * Records on a disk: a Chronicle Map of pieces of one length, by the ordinal of the entry, one of two
 * sides, and the number of the piece. A record is written whole on the side that the entry does not use
 * before that of the other side is removed, so a process that is killed leaves one of them whole.
 *
 * Pages are left to the file system until they are used. If it has none, the JVM makes an InternalError of
 * the SIGBUS: the caller looks for room before.
 */

/** Pieces of records in a file. One thread. */
public final class RecordTable implements AutoCloseable {
    /** Bytes of a piece. */
    public static final int PIECE_LENGTH = 248;

    // Segments fill unevenly, and one that is full takes what was not planned for it from the file's end.
    private static final double SLACK = 1.1;
    private static final double GROWTH_MAX = 4;
    // After the header's checksum and length, its text begins with the name of a class.
    private static final int MAGIC_OFFSET = 12;
    private static final byte[] MAGIC = "!net.openhft.chronicle.map".getBytes(US_ASCII);
    private static final int ORDINAL_SHIFT = 33;
    private static final int SIDE_SHIFT = 32;

    private final Path file;
    private final ChronicleMap<Long, byte[]> map;
    private boolean closed;

    private RecordTable(Path file, ChronicleMap<Long, byte[]> map) {
        this.file = file;
        this.map = map;
    }

    /**
     * Makes a table in a new file.
     *
     * @param piecesMax most pieces, at least 1
     * @throws IOException if the file system has no room for it, or another reason; it is not there then
     */
    public static RecordTable create(Path file, long piecesMax) throws IOException {
        Files.deleteIfExists(file);
        try {
            return new RecordTable(file, builder(piecesMax).createPersistedTo(file.toFile()));
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw new IOException(
                    "table of records cannot be made: file=" + file + ", cause=" + e.getMessage(),
                    e);
        }
    }

    /**
     * Opens a table whatever became of the process that wrote it; pieces that are torn are left out.
     *
     * @param piecesMax as when it was made
     * @throws IOException if it is no such file
     */
    public static RecordTable recover(Path file, long piecesMax) throws IOException {
        requireHeader(file);
        ChronicleHashCorruption.Listener ignored = corruption -> {};
        try {
            return new RecordTable(
                    file, builder(piecesMax).recoverPersistedTo(file.toFile(), true, ignored));
        } catch (RuntimeException e) {
            throw new IOException("not a table of records: file=" + file + ", cause=" + e, e);
        }
    }

    // Chronicle waits a minute for a header that is not there yet: somebody may be making the file.
    private static void requireHeader(Path file) throws IOException {
        byte[] start = new byte[MAGIC_OFFSET + MAGIC.length];
        int length;
        try (InputStream in = Files.newInputStream(file)) {
            length = in.readNBytes(start, 0, start.length);
        }
        if (length < start.length
                || !Arrays.equals(start, MAGIC_OFFSET, start.length, MAGIC, 0, MAGIC.length)) {
            throw new IOException("not a table of records: file=" + file);
        }
    }

    /** Stores a piece. */
    public void put(int ordinal, int side, int piece, byte[] bytes) {
        map.put(key(ordinal, side, piece), bytes);
    }

    /** Removes a piece, if it is there. */
    public void remove(int ordinal, int side, int piece) {
        map.remove(key(ordinal, side, piece));
    }

    /** Copies a piece; false if it is not there. */
    public boolean get(int ordinal, int side, int piece, byte[] bytes) {
        return map.getUsing(key(ordinal, side, piece), bytes) != null;
    }

    /** Calls a consumer with the first piece of everything. */
    public void forEachFirst(Consumer consumer) {
        map.forEach((key, bytes) -> {
            if (key.intValue() == 0) {
                consumer.accept(
                        (int) (key >>> ORDINAL_SHIFT), (int) (key >>> SIDE_SHIFT) & 1, bytes);
            }
        });
    }

    /** Waits until the disk has everything. */
    public void force() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Closes the file; it stays. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            map.close();
        }
    }

    private static ChronicleMapBuilder<Long, byte[]> builder(long piecesMax) {
        ChronicleSettings.apply();
        return ChronicleMapBuilder.of(Long.class, byte[].class)
                .name("records")
                .constantValueSizeBySample(new byte[PIECE_LENGTH])
                .entries((long) (piecesMax * SLACK) + 1024)
                .maxBloatFactor(GROWTH_MAX)
                .putReturnsNull(true)
                .removeReturnsNull(true)
                .checksumEntries(true)
                .skipCloseOnExitHook(true);
    }

    private static Long key(int ordinal, int side, int piece) {
        return (long) ordinal << ORDINAL_SHIFT | (long) side << SIDE_SHIFT | piece;
    }

    /** Takes the first piece of a record. */
    public interface Consumer {
        /** Takes it; the array is the consumer's. */
        void accept(int ordinal, int side, byte[] bytes);
    }
}
