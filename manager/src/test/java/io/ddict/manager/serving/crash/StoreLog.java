package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Store.Order;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/*
 * What a manager and its clients store into one pool, in the order of the one thread that runs them
 * all. The files of links come and go outside of any region: their coming is seen when they are
 * mapped, their going before the next store.
 */

/** The stores of one run, all actors together. One thread. */
final class StoreLog {
    // Where the applied position lies in the status file.
    private static final long APPLIED_OFFSET = 256;

    private final Path directory;
    private final List<Store> stores = new ArrayList<>();
    private final Set<String> links = new TreeSet<>();
    private boolean turned;
    private int needs;

    StoreLog(Path directory) {
        this.directory = directory;
    }

    /** A factory of regions whose stores are an actor's. */
    Function<MemorySegment, MemoryRegion> regions(int actor) {
        return segment -> {
            String file = MappedFiles.name(segment);
            if (isLink(file) && links.add(file)) {
                stores.add(new Store(
                        Store.MANAGER,
                        file,
                        0,
                        Bytes.copy(segment, 0, segment.byteSize()),
                        Order.CREATE_FILE,
                        0,
                        0));
            }
            return new RecordingRegion(
                    segment,
                    file,
                    (name, region, offset, length, order, expected) -> stored(
                            actor, name, Bytes.copy(region, offset, length), offset, order,
                            expected));
        };
    }

    /** Takes the links that are there for known. */
    void adoptLinks() throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, PoolFile.LINK.fileName() + "*")) {
            files.forEach(file -> links.add(file.getFileName().toString()));
        }
    }

    /** Forgets the stores so far. */
    void restart() {
        noteDeleted();
        stores.clear();
        needs = 0;
    }

    /** A client begins a call: what it stores now depends on nothing that the manager will do. */
    void startCall() {
        turned = false;
    }

    /** The manager runs while a client waits for it: what the client stores later depends on it. */
    void turn() {
        turned = true;
    }

    /** Stores so far. */
    int size() {
        return stores.size();
    }

    /** All stores. */
    List<Store> stores() {
        noteDeleted();
        return Collections.unmodifiableList(stores);
    }

    static boolean isLink(String file) {
        return file.startsWith(PoolFile.LINK.fileName());
    }

    private void stored(
            int actor, String file, byte[] bytes, long offset, Order order, long expected) {
        noteDeleted();
        stores.add(new Store(
                actor,
                file,
                offset,
                bytes,
                order,
                expected,
                actor != Store.MANAGER && turned ? needs : 0));
        if (offset == APPLIED_OFFSET && file.equals(PoolFile.STATUS.fileName())) {
            needs = stores.size();
        }
    }

    private void noteDeleted() {
        for (String link : List.copyOf(links)) {
            if (!Files.exists(directory.resolve(link))) {
                links.remove(link);
                stores.add(new Store(
                        Store.MANAGER, link, 0, new byte[0], Order.DELETE_FILE, 0, 0));
            }
        }
    }

    /** Finds the file of a mapping, as the kernel lists it. */
    private static final class MappedFiles {
        static String name(MemorySegment segment) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                    int dash = line.indexOf('-');
                    int blank = line.indexOf(' ');
                    long from = Long.parseUnsignedLong(line, 0, dash, 16);
                    long to = Long.parseUnsignedLong(line, dash + 1, blank, 16);
                    if (segment.address() >= from && segment.address() < to) {
                        return line.substring(line.lastIndexOf('/') + 1);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new IllegalStateException("segment is not mapped: segment=" + segment);
        }
    }
}
