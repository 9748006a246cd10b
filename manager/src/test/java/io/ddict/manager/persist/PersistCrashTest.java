package io.ddict.manager.persist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.manager.serving.Manager;
import io.ddict.store.MemoryPool;
import io.ddict.store.Snapshot;
import io.ddict.store.pool.KeyHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/*
 * The process is killed before each operation on a file, or in the middle of one, over and over: what
 * the next one finds are checkpoints as they were before or after, each of them whole.
 */

/** Persisting and restoring are all or nothing, whenever they end, and damage is told. */
class PersistCrashTest {
    private static final int MANAGERS = 2;
    private static final Manifest MANIFEST = new Manifest(11, MANAGERS, "");
    private static final int CUTS = 500;
    private static final int FLIPS = 1_000;
    private static final int KEPT = 3;
    private static final String NAME = "crashing";

    private final long seed = Long.getLong("ddict.persist.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final List<Manager> managers = new ArrayList<>();
    private final List<ShmChannel> channels = new ArrayList<>();
    private final CallContext call = new CallContext();
    // By checkpoint, then by manager: what was there when it was persisted.
    private final TreeMap<Long, List<Map<String, String>>> persisted = new TreeMap<>();
    private final List<Map<String, String>> model = new ArrayList<>();
    private long checkpoint;

    @TempDir
    Path directory;

    private Path pools;

    @BeforeEach
    void start() throws Exception {
        System.out.println("PersistCrashTest: -Dddict.persist.seed=" + seed);
        pools = Files.createTempDirectory(Path.of("/dev/shm"), "ddict-persist-test-");
        for (int number = 0; number < MANAGERS; number++) {
            Path pool = Files.createDirectory(pools.resolve(Integer.toString(number)));
            Manager manager = new Manager(number, MemoryPool.create(pool, 8 << 20, 5_000, 11));
            manager.start();
            int link = manager.openLink().get(20, TimeUnit.SECONDS);
            managers.add(manager);
            channels.add(new ShmChannel(number, pool, link, () -> false));
            model.add(new HashMap<>());
        }
    }

    @AfterEach
    void end() throws IOException {
        channels.forEach(ShmChannel::close);
        managers.forEach(Manager::close);
        try (Stream<Path> files = Files.walk(pools)) {
            for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    @Timeout(300)
    void isAsBeforeOrAsAfterWheneverItIsKilled() throws Exception {
        int cuts = 0;
        int operations = 0;
        while (cuts < CUTS) {
            change();
            DyingFiles files = new DyingFiles(operations, random.nextBoolean());
            boolean restoring = persisted.size() == KEPT && random.nextInt(4) == 0;
            run(files, restoring);
            SortedSet<Long> found = check();
            if (files.isDead()) {
                cuts++;
                operations++;
            } else {
                assertThat(restoring || found.contains(checkpoint)).isTrue();
                operations = 0;
            }
            persisted.keySet().retainAll(found);
            checkpoint++;
        }
    }

    @Test
    @Timeout(300)
    void tellsEveryFlippedBitWithFileAndPart() throws Exception {
        change();
        run(new DiskFiles(), false);
        for (int flip = 0; flip < FLIPS; flip++) {
            int manager = random.nextInt(MANAGERS + 1);
            Path file = folder().resolve(
                    manager == MANAGERS ? "manifest" : "0-" + manager + ".checkpoint");
            byte[] bytes = Files.readAllBytes(file);
            // Near the ends as often as elsewhere: that is where the headers are.
            int at = random.nextBoolean()
                    ? random.nextInt(bytes.length)
                    : random.nextInt(2) * (bytes.length - Math.min(bytes.length, 80))
                            + random.nextInt(Math.min(bytes.length, 80));
            byte[] sound = bytes.clone();
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
            assertThatThrownBy(this::readAll)
                    .as("byte %d of %s", at, file)
                    .isInstanceOf(CheckpointDamagedException.class)
                    .hasMessageContaining("persisted checkpoint cannot be read: ")
                    .hasMessageContaining(manager == MANAGERS ? "part=manifest" : "part=")
                    .hasMessageContaining(manager == MANAGERS ? NAME : file.toString());
            Files.write(file, sound);
        }
    }

    @Test
    void tellsAFileThatWasCutOff() throws Exception {
        change();
        run(new DiskFiles(), false);
        Path file = folder().resolve("0-1.checkpoint");
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < 200; i++) {
            int length = random.nextInt(bytes.length);
            Files.write(file, java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(this::readAll).as("length %d", length)
                    .isInstanceOf(CheckpointDamagedException.class)
                    .hasMessageContaining(file.toString());
        }
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length + 1));
        assertThatThrownBy(this::readAll).hasMessageContaining("bytes follow the last block");
    }

    @Test
    void tellsAStreamInThePlaceOfAnother() throws Exception {
        change();
        run(new DiskFiles(), false);
        Path file = folder().resolve("0-1.checkpoint");
        Files.copy(
                folder().resolve("0-0.checkpoint"), file,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(this::readAll)
                .hasMessageContaining("of another dictionary, manager or checkpoint")
                .hasMessageContaining("file=" + file);
    }

    @Test
    void tellsANewerFormat() throws Exception {
        change();
        run(new DiskFiles(), false);
        Path file = folder().resolve("0-0.checkpoint");
        byte[] bytes = Files.readAllBytes(file);
        java.nio.ByteBuffer header =
                java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        header.putInt(8, Stamp.VERSION + 1);
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(bytes, 0, Stamp.LENGTH - 4);
        header.putInt(Stamp.LENGTH - 4, (int) crc.getValue());
        Files.write(file, bytes);
        assertThatThrownBy(this::readAll)
                .hasMessageContaining("written by another version of DDict: format=2, known=1");
    }

    @Test
    void persistsAgainAfterARestoreWhoseLaterCheckpointsCannotBeRemoved() throws Exception {
        change();
        run(new DiskFiles(), false);
        checkpoint++;
        change();
        run(new DiskFiles(), false);
        DiskFiles files = new DiskFiles() {
            @Override
            void delete(Path path) throws IOException {
                throw new IOException("nothing can be removed");
            }
        };
        try (StoredCheckpoints stored = StoredCheckpoints.open(
                PosixPersister.open(files, folder()), settings(), NAME, MANIFEST, false)) {
            Persistence persistence = new Persistence(NAME, settings(), stored);
            persistence.attach(managers);
            assertThatThrownBy(() -> persistence.restore(0))
                    .hasMessageContaining("nothing can be removed");
            persistence.persist(0);
        }
    }

    @Test
    void isUsedByOneAtATime() throws Exception {
        change();
        run(new DiskFiles(), false);
        try (PosixPersister first = PosixPersister.open(new DiskFiles(), folder())) {
            assertThat(first.checkpoints(0)).containsExactly(0L);
            assertThatThrownBy(() -> PosixPersister.open(new DiskFiles(), folder()).close())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use by another dictionary of this name");
            PosixPersister.openToRead(new DiskFiles(), folder()).close();
        }
        PosixPersister.open(new DiskFiles(), folder()).close();
    }

    private Path folder() {
        return directory.resolve(NAME);
    }

    // A whole life of a process as far as the disk can tell: opens, persists or restores, and ends.
    private void run(DiskFiles files, boolean restoring) throws IOException {
        PosixPersister persister = null;
        try {
            persister = PosixPersister.open(files, folder());
            PersistSettings settings = settings();
            StoredCheckpoints stored =
                    StoredCheckpoints.open(persister, settings, NAME, MANIFEST, false);
            Persistence persistence = new Persistence(NAME, settings, stored);
            persistence.attach(managers);
            if (restoring) {
                restore(persistence);
            } else {
                remember();
                persistence.persist(checkpoint);
            }
        } catch (DyingFiles.Killed e) {
            // In this thread.
        } catch (IOException e) {
            // In a thread of the process.
            assertThat(e).hasRootCauseInstanceOf(DyingFiles.Killed.class);
        } finally {
            if (persister != null) {
                persister.close();
            }
        }
    }

    private void restore(Persistence persistence) throws IOException {
        long to = new ArrayList<>(persisted.keySet()).get(random.nextInt(persisted.size()));
        List<Map<String, String>> wanted = persisted.get(to);
        try {
            persistence.restore(to);
        } finally {
            // Memory is loaded before the first file is touched.
            for (int manager = 0; manager < MANAGERS; manager++) {
                model.set(manager, new HashMap<>(wanted.get(manager)));
            }
        }
        for (int manager = 0; manager < MANAGERS; manager++) {
            call.checkpoint(to);
            call.deadline().start(TimeUnit.SECONDS.toNanos(20));
            assertThat(channels.get(manager).size(call)).isEqualTo(wanted.get(manager).size());
        }
    }

    private PersistSettings settings() throws IOException {
        long from = -1;
        if (Files.exists(folder().resolve("manifest")) && !persisted.isEmpty()) {
            from = persisted.lastKey();
        }
        return new PersistSettings("posix", directory, 0, KEPT, from, false, false);
    }

    private void remember() {
        persisted.put(checkpoint, model.stream().map(each -> Map.copyOf(each)).toList());
    }

    private void change() {
        for (int step = 0; step < 60; step++) {
            int manager = random.nextInt(MANAGERS);
            String key = "key" + random.nextInt(40);
            String value = "v".repeat(random.nextInt(random.nextInt(20) == 0 ? 90_000 : 400));
            put(manager, key, value);
            model.get(manager).put(key, value);
        }
    }

    private void put(int manager, String key, String value) {
        ShmChannel channel = channels.get(manager);
        byte[] bytes = value.getBytes(UTF_8);
        Codec<byte[]> codec = Codecs.standard().forValue(bytes);
        call.checkpoint(checkpoint);
        call.deadline().start(TimeUnit.SECONDS.toNanos(20));
        Codecs.standard().encodeKey(key, call.key());
        call.hash(new KeyHash(channel.hashSeed()).of(
                call.key().array(), call.key().offset(), call.key().length(), call.key().tag()));
        channel.put(call, codec, bytes, false);
    }

    // Everything that the next process would find is as it was persisted.
    private SortedSet<Long> check() throws IOException {
        if (!Files.exists(folder().resolve("manifest"))) {
            assertThat(persisted.keySet()).allMatch(id -> id == checkpoint);
            return new TreeSet<>();
        }
        try (StoredCheckpoints stored = openToRead()) {
            SortedSet<Long> ids = stored.ids();
            for (long id : ids) {
                for (int manager = 0; manager < MANAGERS; manager++) {
                    assertThat(read(stored, id, manager))
                            .as("checkpoint %d of manager %d", id, manager)
                            .isEqualTo(persisted.get(id).get(manager));
                }
            }
            // What was there before is there, but for what is surplus or was undone from the end.
            SortedSet<Long> missing = new TreeSet<>(persisted.keySet());
            missing.removeAll(ids);
            missing.remove(checkpoint);
            assertThat(missing)
                    .allMatch(id -> ids.isEmpty() || id < ids.first() || id > ids.last());
            return ids;
        }
    }

    private void readAll() throws IOException {
        try (StoredCheckpoints stored = openToRead()) {
            for (int manager = 0; manager < MANAGERS; manager++) {
                try (CheckpointInput input = stored.read(0, manager)) {
                    input.check();
                }
            }
        }
    }

    private StoredCheckpoints openToRead() throws IOException {
        PersistSettings settings = new PersistSettings("posix", directory, 0, 0, 0, true, false);
        return StoredCheckpoints.open(
                PosixPersister.openToRead(new DiskFiles(), folder()), settings, NAME, MANIFEST,
                false);
    }

    private static Map<String, String> read(StoredCheckpoints stored, long id, int manager)
            throws IOException {
        Map<String, String> records = new HashMap<>();
        MemorySegment header = MemorySegment.ofArray(new byte[Snapshot.HEADER_LENGTH]);
        try (CheckpointInput input = stored.read(id, manager)) {
            while (input.hasNext()) {
                input.next(header);
                String key = text(input, header.get(Snapshot.KEY_LENGTH, 8));
                String value = text(input, header.get(Snapshot.VALUE_LENGTH, 0));
                assertThat(records.put(key, value)).isNull();
            }
        }
        return records;
    }

    private static String text(CheckpointInput input, long length) throws IOException {
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) length]);
        input.read(bytes, 0, length);
        return new String(bytes.toArray(ValueLayout.JAVA_BYTE), UTF_8);
    }
}
