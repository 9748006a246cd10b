package io.ddict.manager.serving.crash;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.channels.FileChannel.MapMode.READ_WRITE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/*
 * A directory in which crashes are replayed, one after the other. Restoring an image copies back only
 * the pages that were written since the last time; files of links, which come and go, are made anew.
 */

/** Files of a pool that can be put into any state. One thread. */
final class Workbench implements AutoCloseable {
    private static final int PAGE = PoolGeometry.PAGE_LENGTH;
    // Each so manieth restoring is checked byte by byte.
    private static final int CHECK_EVERY = 64;

    private final Path directory;
    private final Map<String, MappedFile> files = new HashMap<>();
    private final List<FileChannel> locks = new ArrayList<>();
    private PoolImage image = PoolImage.EMPTY;
    private int restored;

    Workbench(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /** Puts all files into the state of an image. */
    void restore(PoolImage next) throws IOException {
        if (!next.equals(image)) {
            clear();
            image = next;
        }
        deleteLinks();
        for (Map.Entry<String, byte[]> file : image.files().entrySet()) {
            if (files.containsKey(file.getKey())) {
                files.get(file.getKey()).restore(file.getValue());
            } else {
                create(file.getKey(), file.getValue());
            }
        }
        if (restored++ % CHECK_EVERY == 0) {
            check();
        }
    }

    /** Makes it look as if the client of a link were alive, until files are restored. */
    void keepAlive(String link) throws IOException {
        FileChannel channel = FileChannel.open(directory.resolve(link), READ, WRITE);
        locks.add(channel);
        if (channel.tryLock() == null) {
            throw new IllegalStateException("link is locked: link=" + link);
        }
    }

    /** Names of the links that have a file. */
    List<String> links() {
        return files.keySet().stream().filter(StoreLog::isLink).toList();
    }

    /** Makes a store, whatever is there. */
    void apply(Store store) {
        switch (store.order()) {
            case CREATE_FILE -> create(store.file(), store.bytes());
            case DELETE_FILE -> delete(store.file());
            default -> write(store.file(), store.offset(), store.bytes());
        }
    }

    /** Writes bytes into a file. */
    void write(String file, long offset, byte[] bytes) {
        MappedFile target = files.get(file);
        MemorySegment.copy(bytes, 0, target.bytes, JAVA_BYTE, offset, bytes.length);
        target.noteDirty(offset, bytes.length);
    }

    /** Reads a long of a file. */
    long read(String file, long offset) {
        return files.get(file).bytes.get(JAVA_LONG, offset);
    }

    /** A file's bytes; read only. */
    MemorySegment segment(String file) {
        return files.get(file).bytes.asReadOnly();
    }

    /** A factory of regions whose stores are noted, so that they can be undone. */
    Function<MemorySegment, MemoryRegion> regions() {
        return segment -> {
            // Where a pool file says of which kind it is; links are made anew each time.
            PoolFile kind = segment.byteSize() == 0
                    ? PoolFile.LINK
                    : PoolFile.values()[(int) segment.get(JAVA_LONG, 8)];
            MappedFile file = files.get(kind.fileName());
            return kind == PoolFile.LINK
                    ? new MemoryRegion(segment)
                    : new RecordingRegion(
                            segment,
                            kind.fileName(),
                            (name, region, offset, length, order, expected) -> file
                                    .noteDirty(offset, length));
        };
    }

    @Override
    public void close() throws IOException {
        clear();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** Makes a file. */
    void create(String name, byte[] content) {
        try (FileChannel channel =
                FileChannel.open(directory.resolve(name), CREATE_NEW, READ, WRITE)) {
            Arena arena = Arena.ofConfined();
            MemorySegment bytes = channel.map(READ_WRITE, 0, content.length, arena);
            MemorySegment.copy(content, 0, bytes, JAVA_BYTE, 0, content.length);
            files.put(name, new MappedFile(arena, bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void delete(String name) {
        try {
            Files.delete(directory.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.remove(name).arena.close();
    }

    private void deleteLinks() throws IOException {
        for (FileChannel lock : locks) {
            lock.close();
        }
        locks.clear();
        try (DirectoryStream<Path> all =
                Files.newDirectoryStream(directory, PoolFile.LINK.fileName() + "*")) {
            for (Path file : all) {
                Files.delete(file);
            }
        }
        files.keySet().stream().filter(StoreLog::isLink).toList()
                .forEach(name -> files.remove(name).arena.close());
    }

    private void clear() throws IOException {
        deleteLinks();
        for (String name : files.keySet().stream().toList()) {
            delete(name);
        }
        image = PoolImage.EMPTY;
    }

    private void check() {
        image.files().forEach((name, content) -> {
            long difference = MemorySegment.ofArray(content).mismatch(files.get(name).bytes);
            if (difference != -1) {
                throw new AssertionError(
                        "a store was missed: file=" + name + ", offset=" + difference);
            }
        });
    }

    private static final class MappedFile {
        final Arena arena;
        final MemorySegment bytes;
        final BitSet dirtyPages = new BitSet();

        MappedFile(Arena arena, MemorySegment bytes) {
            this.arena = arena;
            this.bytes = bytes;
        }

        void noteDirty(long offset, long length) {
            dirtyPages.set((int) (offset / PAGE), (int) ((offset + length - 1) / PAGE) + 1);
        }

        void restore(byte[] content) {
            for (int page = dirtyPages.nextSetBit(0); page >= 0; page =
                    dirtyPages.nextSetBit(page + 1)) {
                int offset = page * PAGE;
                int length = Math.min(PAGE, content.length - offset);
                MemorySegment.copy(content, offset, bytes, JAVA_BYTE, offset, length);
            }
            dirtyPages.clear();
        }
    }
}
