package io.ddict.store.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/*
 * The authority of which keys a manager holds: a Chronicle Map from the 64-bit hash of a key to the
 * ordinal of its entry. Keys and values are constant-size and go through accessors of our own, on two
 * objects that are used again for every call, so that nothing is allocated. The hash is a good one
 * already: Chronicle takes it as it is.
 */

/** From key hash to entry ordinal, in a file that only this process opens. One thread. */
public final class KeyTable implements AutoCloseable {
    // Measured: 20 to 29 bytes by the number of segments; the rest is slack for uneven segments.
    private static final long BYTES_PER_ENTRY = 32;
    private static final long FIXED_LENGTH = 256 << 10;
    // Room beyond what was asked for: segments fill unevenly, and a full one cannot borrow.
    private static final double SLACK = 1.05;
    private static final int RESERVE_LENGTH = 1 << 16;

    private final ChronicleMap<TableKey, TableOrdinal> map;
    private final TableKey key = new TableKey();
    private final TableOrdinal ordinal = new TableOrdinal();
    private boolean closed;

    private KeyTable(ChronicleMap<TableKey, TableOrdinal> map) {
        this.map = map;
    }

    /**
     * Makes a table in a new file, with all its pages.
     *
     * @param entriesMax most keys, at least 1
     * @throws UncheckedIOException if the file system has no room
     */
    public static KeyTable create(Path file, long entriesMax) {
        if (entriesMax < 1) {
            throw new IllegalArgumentException("too few entries: entriesMax=" + entriesMax);
        }
        ChronicleSettings.apply();
        try {
            requireRoom(file, entriesMax);
            KeyTable table = new KeyTable(
                    ChronicleMapBuilder.of(TableKey.class, TableOrdinal.class)
                            .name("key-table")
                            .keyReaderAndDataAccess(new TableKey.Access(), new TableKey.Access())
                            .valueReaderAndDataAccess(
                                    new TableOrdinal.Access(), new TableOrdinal.Access())
                            .constantKeySizeBySample(new TableKey())
                            .constantValueSizeBySample(new TableOrdinal())
                            .entries((long) (entriesMax * SLACK) + 64)
                            .putReturnsNull(true)
                            .removeReturnsNull(true)
                            .checksumEntries(false)
                            .skipCloseOnExitHook(true)
                            .createPersistedTo(file.toFile()));
            table.reserve(file);
            return table;
        } catch (IOException e) {
            throw failure(file, e);
        } catch (InternalError e) {
            // What the JVM makes of the SIGBUS, if others took the room just before Chronicle did.
            throw failure(file, new IOException("no page left", e));
        }
    }

    private static UncheckedIOException failure(Path file, IOException cause) {
        return new UncheckedIOException(
                "key table cannot be made: file=" + file + ", cause=" + cause.getMessage(), cause);
    }

    private static void requireRoom(Path file, long entriesMax) throws IOException {
        long usable = Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace();
        if (usable < fileLength(entriesMax)) {
            throw new IOException(
                    "no room: length=" + fileLength(entriesMax) + "B, usable=" + usable + "B");
        }
    }

    // Chronicle leaves holes in its file. A page that is not there when it is needed, as others have
    // filled the file system meanwhile, is a SIGBUS: so each is written over with what it holds.
    private void reserve(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            ByteBuffer bytes = arena.allocate(RESERVE_LENGTH).asByteBuffer();
            long end = channel.size();
            for (long position = 0; position < end; position += bytes.limit()) {
                bytes.clear();
                channel.read(bytes, position);
                bytes.flip();
                channel.write(bytes, position);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Bytes that the file of a table takes at most. */
    public static long fileLength(long entriesMax) {
        return FIXED_LENGTH + entriesMax * BYTES_PER_ENTRY;
    }

    /** The ordinal of a hash, or 0. */
    public int find(long hash) {
        key.hash = hash;
        return map.getUsing(key, ordinal) == null ? 0 : ordinal.ordinal;
    }

    /** Stores or replaces the ordinal of a hash. */
    public void put(long hash, int newOrdinal) {
        key.hash = hash;
        ordinal.ordinal = newOrdinal;
        map.put(key, ordinal);
    }

    /** Removes a hash; whether it was there. */
    public boolean remove(long hash) {
        if (find(hash) == 0) {
            return false;
        }
        map.remove(key);
        return true;
    }

    /** Hashes held. */
    public long size() {
        return map.longSize();
    }

    /** Removes all. */
    public void clear() {
        map.clear();
    }

    /** Calls the consumer with every hash and ordinal. */
    public void forEach(Consumer consumer) {
        map.forEach((each, value) -> consumer.accept(each.hash, value.ordinal));
    }

    /** Closes the map; the file stays. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            map.close();
        }
    }

    /** Takes a hash and its ordinal. */
    public interface Consumer {
        /** Takes them. */
        void accept(long hash, int ordinal);
    }
}
