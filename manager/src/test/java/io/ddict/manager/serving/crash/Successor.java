package io.ddict.manager.serving.crash;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.ddict.client.DDictFullException;
import io.ddict.client.codec.Codecs;
import io.ddict.manager.serving.Manager;
import io.ddict.manager.serving.crash.Effect.Entry;
import io.ddict.manager.serving.crash.Effect.Outcome;
import io.ddict.manager.serving.crash.Posted.Request;
import io.ddict.store.MemoryPool;
import io.ddict.store.PoolRecovery;
import io.ddict.store.pool.EntryArray;
import io.ddict.store.pool.Handle;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolFile;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.VersionArray;
import io.ddict.store.pool.WorkingSet;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/** A manager that takes over the pool of one that died, and looks whether all is well. */
final class Successor implements AutoCloseable {
    private static final int TURNS_MAX = 20;

    private final Path directory;
    private final Function<MemorySegment, MemoryRegion> regions;
    private final MemoryPool pool;
    private final Manager manager;
    private final List<DrivenClient> clients = new ArrayList<>();
    private final List<Posted> history = new ArrayList<>();

    Successor(Path directory, Function<MemorySegment, MemoryRegion> regions) throws IOException {
        this.directory = directory;
        this.regions = regions;
        this.pool = PoolRecovery.recover(directory, regions);
        this.manager = new Manager(0, pool);
    }

    /** Applies what was posted. */
    Successor drain() {
        int turns = 0;
        do {
            int _ = manager.doWork();
            if (turns++ > TURNS_MAX) {
                throw new AssertionError(
                        "ring is not drained: applied="
                                + mapped().status().applied()
                                + ", tail="
                                + mapped().ring().tail());
            }
        } while (mapped().status().applied() < mapped().ring().tail());
        return this;
    }

    /** Fails unless the files keep every invariant and hold exactly these entries. */
    Successor check(Map<String, Entry> expected) throws IOException {
        PoolReport report = PoolVerifier.verify(directory);
        if (!report.isClean()) {
            throw new AssertionError(report.text());
        }
        checkEntries(pool, expected);
        return this;
    }

    /** Fails unless each answer that was sent is the right one. */
    void checkAnswers(PoolImage image, Map<Request, Outcome> expected) throws IOException {
        for (Path file : linkFiles()) {
            String name = file.getFileName().toString();
            byte[] before = image.files().get(name);
            int link = Integer.parseInt(name.substring(PoolFile.LINK.fileName().length()));
            if (before != null) {
                MemorySegment answers = MemorySegment.ofArray(Files.readAllBytes(file))
                        .asSlice(
                                LinkLayout.ANSWERS_OFFSET,
                                LinkLayout.ANSWERS_CAPACITY + LinkLayout.ANSWERS_TRAILER_LENGTH);
                checkAnswers(answers, link, expected);
            }
        }
    }

    /** What clients of this manager posted, in order. */
    List<Posted> history() {
        return history;
    }

    /** Fills the memory, so that whoever writes where he must not is found out. */
    void fill() {
        DrivenClient client = client();
        try {
            for (int length : new int[]{20_000, 100_000, 20_000, 100_000, 300_000, 300_000}) {
                for (int i = 0; i < 2; i++) {
                    client.put("fill-" + history.size(),
                            Scenarios.bytes(length, 70 + history.size()));
                }
            }
        } catch (DDictFullException e) {
            // Full is what it should be.
        }
        try {
            for (int i = 0; i < 6; i++) {
                client.put("fill-" + history.size(), Scenarios.bytes(10 << 2 * i, history.size()));
            }
        } catch (DDictFullException e) {
            // As above.
        }
    }

    /**
     * Uses the pool in all ways, then takes everything back; fails if something is not as it should
     * be or some memory does not come back.
     */
    void exercise(Map<String, Entry> start, Random random) throws IOException {
        try {
            useAll(client(), start, random);
        } catch (DDictFullException e) {
            // It may have been full before.
        }
        drain();
        check(Posted.fold(start, history).entries());
        takeAllBack();
        client().put("small again", Scenarios.bytes(3000, 7));
        client().put("large again", Scenarios.bytes(200_000, 8));
        drain();
    }

    private static void useAll(DrivenClient client, Map<String, Entry> start, Random random) {
        Map<String, Entry> present = client.presentOf(start);
        for (String key : present.keySet()) {
            checkValue(client, key, present.get(key));
            switch (random.nextInt(5)) {
                case 0 -> client.remove(key);
                case 1 -> client.put(key, Scenarios.bytes(random.nextInt(6000), 3));
                case 2 -> client.put(key, Scenarios.bytes(20_000, 4));
                case 3 -> client.getAndAdd(key, 5);
                default -> {}
            }
        }
        client.put("exercise-small", Scenarios.bytes(40, 5));
        client.put("exercise-large", Scenarios.bytes(20_000, 6));
        client.getAndAdd("exercise-number", 9);
    }

    /** Removes all keys and ends all links; fails unless all memory is free then. */
    void takeAllBack() throws IOException {
        if (mapped().versions() == null) {
            client().clear();
            drain();
            checkEntries(pool, Map.of());
        } else {
            retireAll();
        }
        checkAllFree();
    }

    // Twice as far as the working set goes: the marks of the first are pruned with the second.
    private void retireAll() {
        int size = mapped().geometry().workingSet().size();
        for (int i = 0; i < 2; i++) {
            client().at(mapped().status().newest() + size).clear();
            drain();
        }
        for (int i = 0; i < TURNS_MAX; i++) {
            int _ = manager.doWork();
        }
        if (pool.entryCount() != 0 || mapped().status().isRetiring()) {
            throw new AssertionError("keys are left: entryCount=" + pool.entryCount());
        }
    }

    /** Publishes an operation that is staged already, as a client does which met a filled slot. */
    long publish(long slot) {
        return mapped()
                .ring()
                .tryPublish(
                        PostingRing.link(slot),
                        PostingRing.stagingIndex(slot),
                        (int) slot & 0xFFFF,
                        0);
    }

    MappedPool mapped() {
        return pool.mapped();
    }

    private void checkAllFree() throws IOException {
        for (Path file : linkFiles()) {
            String name = file.getFileName().toString();
            var _ = manager.closeLink(
                    Integer.parseInt(name.substring(PoolFile.LINK.fileName().length())));
        }
        // A batch, at whose end comes back what waited for the pins of those clients.
        var _ = manager.unfreeze();
        drain();
        long all = mapped().geometry().dataLength() - PoolGeometry.PAGE_LENGTH;
        if (pool.freeBytes() != all || pool.largestFreeBytes() != all) {
            throw new AssertionError(
                    "memory did not come back: missing="
                            + (all - pool.freeBytes())
                            + "B, largestFree="
                            + pool.largestFreeBytes()
                            + "B, all="
                            + all
                            + "B");
        }
    }

    @Override
    public void close() {
        clients.forEach(DrivenClient::close);
        manager.close();
    }

    private DrivenClient client() {
        if (clients.isEmpty() || !Files.exists(mapped().linkPath(clients.getLast().link()))) {
            clients.add(open());
        }
        return clients.getLast();
    }

    private DrivenClient open() {
        if (PoolStatus.isFrozenOnly(mapped().status().state())) {
            var _ = manager.unfreeze();
        }
        var opened = manager.openLink();
        int _ = manager.doWork();
        int link = opened.join();
        return new DrivenClient(
                manager,
                MappedPool.openAsClient(directory, regions),
                link,
                new StoreLog(directory),
                history)
                .at(mapped().status().newest());
    }

    private static void checkValue(DrivenClient client, String key, Entry entry) {
        byte[] value = client.get(key);
        if (value == null || !Arrays.equals(value, entry.value())
                || client.version() != entry.version()) {
            throw new AssertionError("a client reads something else: key=" + key);
        }
    }

    /** Fails unless a pool holds exactly these entries. */
    static void checkEntries(MemoryPool pool, Map<String, Entry> entries) {
        boolean isVersioned = pool.mapped().versions() != null;
        WorkingSet rules = pool.mapped().geometry().workingSet();
        Map<String, Entry> expected = isVersioned ? Versions.visible(entries, rules) : entries;
        Map<String, Entry> found =
                isVersioned ? visibleEntries(pool.mapped()) : entries(pool.mapped());
        long count = isVersioned
                ? Versions.visibleAt(entries, Versions.newest(entries)).size()
                : expected.size();
        for (Map.Entry<String, Entry> each : expected.entrySet()) {
            Entry other = found.remove(each.getKey());
            Entry entry = each.getValue();
            if (other == null) {
                throw new AssertionError("an entry is lost: key=" + each.getKey());
            }
            if (entry.isNumber() != other.isNumber()
                    || !Arrays.equals(entry.value(), other.value())) {
                throw new AssertionError(
                        "value is another: key="
                                + each.getKey()
                                + ", expected="
                                + text(entry)
                                + ", found="
                                + text(other));
            }
            if (entry.version() != other.version()) {
                throw new AssertionError(
                        "version is another: key="
                                + each.getKey()
                                + ", expected="
                                + text(entry)
                                + ", found="
                                + text(other));
            }
        }
        if (!found.isEmpty()) {
            throw new AssertionError("an entry is there that should not: keys=" + found.keySet());
        }
        if (pool.entryCount() != count) {
            throw new AssertionError("entry count is another: entryCount=" + pool.entryCount());
        }
    }

    private static Map<String, Entry> visibleEntries(MappedPool mapped) {
        Map<String, Entry> all = new HashMap<>();
        VersionArray versions = mapped.versions();
        PoolStatus status = mapped.status();
        forEachEntry(mapped, (ordinal, name, entry) -> {
            for (long at = status.oldest(); at <= status.newest(); at++) {
                if (entry != null && versions.from(ordinal) <= at && versions.to(ordinal) > at
                        && all.put(name + '@' + at, entry) != null) {
                    throw new AssertionError("a key is there twice: key=" + name + ", at=" + at);
                }
            }
        });
        return all;
    }

    private static Map<String, Entry> entries(MappedPool mapped) {
        Map<String, Entry> found = new HashMap<>();
        forEachEntry(mapped, (_, name, entry) -> {
            if (found.put(name, entry) != null) {
                throw new AssertionError("a key is there twice: key=" + name);
            }
        });
        return found;
    }

    /** Takes an entry; null stands for a deletion mark. */
    private interface EntryConsumer {
        void accept(int ordinal, String name, Entry entry);
    }

    private static void forEachEntry(MappedPool mapped, EntryConsumer consumer) {
        EntryArray entries = mapped.entries();
        MemoryRegion data = mapped.data();
        PoolStatus status = mapped.status();
        for (int ordinal = 1; ordinal < status.ordinalEnd(); ordinal++) {
            long handle = entries.handle(ordinal);
            if (handle != Handle.NONE) {
                long offset = Handle.offset(handle);
                int keyLength = RecordLayout.keyLength(data, offset);
                byte[] key =
                        Bytes.copy(data.readOnlySegment(), offset + RecordLayout.HEADER_LENGTH,
                                keyLength);
                byte[] value = Bytes.copy(
                        data.readOnlySegment(),
                        offset + RecordLayout.valueOffset(keyLength),
                        RecordLayout.valueLength(data, offset));
                byte tag = RecordLayout.valueTag(data, offset);
                Entry entry = new Entry(
                        value, tag == Codecs.TAG_LONG, RecordLayout.version(data, offset));
                consumer.accept(
                        ordinal,
                        new String(key, StandardCharsets.UTF_8),
                        tag == RecordLayout.TAG_DELETED ? null : entry);
            }
        }
    }

    private static String text(Entry entry) {
        return (entry.isNumber() ? "number " + Bytes.toLong(entry.value())
                : entry.value().length + "B")
                + " of version "
                + entry.version();
    }

    // Reads a ring in Agrona's layout: records of length, type and body, and the positions behind them.
    private static void checkAnswers(MemorySegment ring, int link, Map<Request, Outcome> expected) {
        long head = ring.get(JAVA_LONG_UNALIGNED, LinkLayout.ANSWERS_CAPACITY + 384);
        while (true) {
            int index = (int) (head & (LinkLayout.ANSWERS_CAPACITY - 1));
            int length = ring.get(JAVA_INT_UNALIGNED, index);
            if (length <= 0) {
                return;
            }
            int kind = ring.get(JAVA_INT_UNALIGNED, index + 4);
            if (kind > 0 && kind != Operation.GRANT) {
                long correlation = ring.get(JAVA_LONG_UNALIGNED, index + 8);
                Status status = Status.of((int) ring.get(JAVA_LONG_UNALIGNED, index + 16));
                long first = ring.get(JAVA_LONG_UNALIGNED, index + 24);
                checkAnswer(expected.get(new Request(link, correlation)), status, first);
            }
            head += (length + 7) & -8;
        }
    }

    private static void checkAnswer(Outcome expected, Status status, long first) {
        boolean right = expected == null
                || expected.status() == status
                        && (status != Status.OK || expected.first() == first);
        if (!right) {
            throw new AssertionError(
                    "an answer is wrong: expected=" + expected + ", status=" + status + ", first="
                            + first);
        }
    }

    private List<Path> linkFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> links =
                Files.newDirectoryStream(directory, PoolFile.LINK.fileName() + "*")) {
            links.forEach(files::add);
        }
        return files;
    }
}
