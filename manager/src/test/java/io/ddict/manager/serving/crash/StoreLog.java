package io.ddict.manager.serving.crash;

import io.ddict.manager.serving.crash.Store.Order;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    // Where Agrona's ring keeps its tail, behind the answers.
    private static final long ANSWERS_TAIL_OFFSET =
            LinkLayout.ANSWERS_OFFSET + LinkLayout.ANSWERS_CAPACITY + 128;

    private final Path directory;
    private final List<Store> stores = new ArrayList<>();
    private final Set<String> links = new TreeSet<>();
    private final Map<Integer, Answers> answers = new HashMap<>();
    private boolean turned;

    StoreLog(Path directory) {
        this.directory = directory;
    }

    /** A factory of regions whose stores are an actor's. */
    Function<MemorySegment, MemoryRegion> regions(int actor) {
        return segment -> {
            String file = MappedFiles.name(segment);
            if (isLink(file)) {
                answers.put(linkOf(file), new Answers(segment));
            }
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
        answers.values().forEach(each -> each.storesBefore = 0);
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

    private static int linkOf(String file) {
        return Integer.parseInt(file.substring(PoolFile.LINK.fileName().length()));
    }

    private void stored(
            int actor, String file, byte[] bytes, long offset, Order order, long expected) {
        noteDeleted();
        answers.values().forEach(each -> each.look(stores.size()));
        stores.add(new Store(
                actor,
                file,
                offset,
                bytes,
                order,
                expected,
                actor != Store.MANAGER && turned ? answers.get(actor).storesBefore : 0));
    }

    /** The answers that a client got; they are not stores of a region. */
    private static final class Answers {
        final MemorySegment link;
        long tail;
        // Stores before the newest answer.
        int storesBefore;

        Answers(MemorySegment link) {
            this.link = link;
            this.tail = link.get(ValueLayout.JAVA_LONG, ANSWERS_TAIL_OFFSET);
        }

        void look(int stores) {
            if (link.scope().isAlive()) {
                long now = link.get(ValueLayout.JAVA_LONG, ANSWERS_TAIL_OFFSET);
                storesBefore = now == tail ? storesBefore : stores;
                tail = now;
            }
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
