package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.FrozenException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints on a disk: what is written, when, and what comes back. */
class PersistIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"1,1", "3,1", "1,3", "3,3"})
    void bringsBackWhatACheckpointHeld(int managers, int workingSetSize) {
        long seed = Long.getLong("ddict.persist.seed", System.nanoTime());
        System.out.println("PersistIT: -Dddict.persist.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        DDict<String, byte[]> dict = SERVICE.create(
                config("a").managersPerNode(managers).workingSetSize(workingSetSize));
        List<Map<String, byte[]>> models = new ArrayList<>();
        Map<String, byte[]> model = new HashMap<>();
        for (int checkpoint = 0; checkpoint < 6; checkpoint++) {
            change(dict, model, random);
            dict.persist();
            models.add(new HashMap<>(model));
            dict.checkpoint();
        }
        assertThat(dict.persistedIds()).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        for (long each : new long[]{4, 1, 0}) {
            dict.restore(each);
            assertThat(dict.checkpointId()).isEqualTo(each);
            assertHolds(dict, models.get((int) each));
            // Later ones describe a future that did not happen.
            assertThat(dict.persistedIds())
                    .containsExactlyElementsOf(LongStream.rangeClosed(0, each).boxed().toList());
        }
        dict.put("again", new byte[1]);
        assertThat(dict.get("again")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void beginsWithAPersistedCheckpoint(int managers) {
        SplittableRandom random = new SplittableRandom(7);
        Map<String, byte[]> model = new HashMap<>();
        DDict<String, byte[]> first = SERVICE.create(config("b").managersPerNode(managers));
        first.checkpointId(41);
        change(first, model, random);
        first.persist();
        first.put("later", new byte[3]);
        first.destroy();
        DDict<String, byte[]> second = SERVICE.create(
                config("b").managersPerNode(managers).restoreFrom(41));
        assertThat(second.checkpointId()).isEqualTo(41);
        assertHolds(second, model);
        second.checkpoint();
        second.put("later", new byte[4]);
        second.persist();
        assertThat(second.persistedIds()).containsExactly(41L, 42L);
    }

    @Test
    void persistsEveryFewCheckpointsAsTheyRetireAndKeepsTheNewest() {
        DDict<Integer, Long> dict = SERVICE.create(
                config("c").managersPerNode(2).persistFrequency(3).persistCount(2));
        for (long checkpoint = 0; checkpoint < 14; checkpoint++) {
            dict.checkpointId(checkpoint);
            for (int key = 0; key < 50; key++) {
                dict.put(key, checkpoint);
            }
            long newest = checkpoint - 1;
            if (newest % 3 == 0) {
                Await.until(SOON, () -> "persisted: " + dict.persistedIds(),
                        () -> dict.persistedIds().contains(newest));
            }
        }
        Await.until(SOON, () -> "two are kept: " + dict.persistedIds(),
                () -> dict.persistedIds().equals(List.of(9L, 12L)));
        dict.restore(9);
        for (int key = 0; key < 50; key++) {
            assertThat(dict.get(key)).isEqualTo(9L);
        }
    }

    @Test
    void waitsForWhatIsBeingWrittenWhenItIsDestroyed() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                config("d").totalMemory(ByteSize.mib(64)).persistFrequency(1));
        for (int key = 0; key < 40; key++) {
            dict.put(key, Content.of(key, 1_000_000));
        }
        dict.checkpoint();
        dict.put(0, Content.of(0, 10));
        assertThat(dict.containsKey(0)).isTrue();
        dict.destroy();
        DDict<Integer, byte[]> restored = SERVICE.create(
                config("d").totalMemory(ByteSize.mib(64)).restoreFrom(0));
        assertThat(restored.size()).isEqualTo(40);
        for (int key = 0; key < 40; key++) {
            assertThat(restored.get(key)).isEqualTo(Content.of(key, 1_000_000));
        }
    }

    @Test
    void holdsOneMomentWhileEverythingIsOverwritten() throws Exception {
        DDict<Integer, byte[]> dict = SERVICE.create(
                config("e").managersPerNode(2).totalMemory(ByteSize.mib(64)));
        int keys = 3_000;
        for (int key = 0; key < keys; key++) {
            dict.put(key, Content.sealed(0, 3_000));
        }
        AtomicBoolean ended = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            for (long round = 1; !ended.get(); round++) {
                for (int key = 0; key < keys; key++) {
                    dict.put(key, Content.sealed(round, 3_000));
                }
            }
        });
        try {
            for (int i = 0; i < 5; i++) {
                dict.persist();
            }
        } finally {
            ended.set(true);
            writer.join();
        }
        dict.restore(0);
        assertThat(dict.size()).isEqualTo(keys);
        // One thread put them in their order: of each manager's, none is a round behind a later one.
        long[] rounds = new long[keys];
        for (int key = 0; key < keys; key++) {
            byte[] value = dict.get(key);
            assertThat(value).isNotNull();
            rounds[key] = Content.seed(value);
            assertThat(Content.isWhole(java.lang.foreign.MemorySegment.ofArray(value))).isTrue();
        }
        for (int manager = 0; manager < 2; manager++) {
            int of = manager;
            LongSummaryStatistics seen = IntStream.range(0, keys)
                    .filter(key -> dict.whichManager(key) == of)
                    .mapToLong(key -> rounds[key]).summaryStatistics();
            assertThat(seen.getMax() - seen.getMin()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void restoresWhileOthersPersist() throws Exception {
        DDict<Integer, byte[]> dict = SERVICE.create(
                config("n").managersPerNode(2).totalMemory(ByteSize.mib(64)).persistCount(2));
        for (int key = 0; key < 2_000; key++) {
            dict.put(key, Content.of(key, 5_000));
        }
        dict.persist();
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger refused = new AtomicInteger();
        Threads threads = new Threads();
        threads.start(1, thread -> {
            while (!ended.get()) {
                try {
                    dict.persist();
                } catch (DDictException e) {
                    assertThat(e).hasMessageContaining("dictionary is being restored");
                    refused.incrementAndGet();
                }
            }
        });
        for (int i = 0; i < 8; i++) {
            dict.restore(0);
            assertThat(dict.size()).isEqualTo(2_000);
            assertThat(dict.get(i)).isEqualTo(Content.of(i, 5_000));
        }
        ended.set(true);
        threads.await(SOON);
        assertThat(dict.persistedIds()).containsExactly(0L);
    }

    @Test
    void replaysReadOnlyWhatAnotherDictionaryOfItsNameWrote() {
        DDict<String, Long> writer = SERVICE.create(config("g"));
        for (long checkpoint = 0; checkpoint < 9; checkpoint += 4) {
            writer.checkpointId(checkpoint);
            writer.put("checkpoint", checkpoint);
            writer.persist();
        }
        writer.destroy();
        DDict<String, Long> reader = SERVICE.create(config("g").restoreFrom(0).readOnly(true));
        assertThat(reader.get("checkpoint")).isZero();
        assertThat(reader.isFrozen()).isTrue();
        assertThatThrownBy(() -> reader.put("key", 1L)).isInstanceOf(FrozenException.class);
        assertThatThrownBy(reader::unfreeze).isInstanceOf(FrozenException.class)
                .hasMessageContaining("read-only");
        assertThatThrownBy(reader::persist).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("read-only");
        var view = reader.view("checkpoint");
        assertThat(reader.advance()).isEqualTo(4);
        assertThat(reader.checkpointId()).isEqualTo(4);
        assertThat(reader.get("checkpoint")).isEqualTo(4);
        assertThatThrownBy(() -> view.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThat(reader.advance()).isEqualTo(8);
        assertThat(reader.view("checkpoint")).isNotNull();
        assertThatThrownBy(reader::advance)
                .isInstanceOf(PersistedCheckpointUnavailableException.class)
                .hasMessageContaining("after=8, persisted=[0, 4, 8]");
        reader.restore(4);
        assertThat(reader.get("checkpoint")).isEqualTo(4);
        assertThat(reader.persistedIds()).containsExactly(0L, 4L, 8L);
    }

    @Test
    void keepsWhichKeysCarryOver() {
        DDictConfig.Builder config = config("h").workingSetSize(2).waitForKeys(true);
        DDict<String, String> dict = SERVICE.create(config);
        dict.putPersistent("for ever", "a");
        dict.put("for now", "b");
        dict.persist();
        dict.restore(0);
        assertThat(dict.get("for now")).isEqualTo("b");
        dict.checkpoint();
        assertThat(dict.get("for ever")).isEqualTo("a");
        assertThat(dict.containsKey("for now")).isFalse();
    }

    @Test
    void refusesCallsThatDoNotFitTheDictionary() {
        DDict<String, Long> plain = SERVICE.create();
        assertThatThrownBy(plain::persist).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dictionary has no persister");
        assertThatThrownBy(() -> plain.restore(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(plain::persistedIds).isInstanceOf(IllegalArgumentException.class);
        DDict<String, Long> dict = SERVICE.create(config("i"));
        assertThatThrownBy(dict::advance).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only a read-only dictionary can advance");
        assertThatThrownBy(() -> dict.restore(3))
                .isInstanceOf(PersistedCheckpointUnavailableException.class)
                .hasMessageContaining("checkpoint=3, persisted=[]");
        dict.checkpointId(2);
        dict.put("key", 1L);
        dict.checkpointId(1);
        assertThatThrownBy(dict::persist).isInstanceOf(CheckpointRetiredException.class);
    }

    @Test
    void refusesToTakeThePlaceOfAnotherDictionary() {
        DDict<String, Long> dict = SERVICE.create(config("j"));
        dict.put("key", 1L);
        dict.persist();
        dict.destroy();
        assertThatThrownBy(() -> SERVICE.create(config("j")))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining(
                        "checkpoints of an earlier dictionary are there: persisted=[0]");
        assertThatThrownBy(() -> SERVICE.create(config("j").managersPerNode(2).restoreFrom(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("managers=2, placement=, persisted=1");
        assertThatThrownBy(() -> SERVICE.create(config("j").restoreFrom(9)))
                .isInstanceOf(PersistedCheckpointUnavailableException.class);
        assertThatThrownBy(() -> SERVICE.create(config("j").persister("none-such")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no such persister: persister=none-such, known=[posix]");
        assertThat(SERVICE.cluster().dictionaries()).isEmpty();
        DDict<String, Long> again = SERVICE.create(config("j").restoreFrom(0));
        assertThat(again.get("key")).isEqualTo(1);
    }

    @Test
    void changesNothingWhenAFileIsDamaged() throws IOException {
        DDict<String, byte[]> dict = SERVICE.create(config("k").managersPerNode(2));
        for (int key = 0; key < 100; key++) {
            dict.put("key" + key, Content.of(key, 1_000));
        }
        dict.persist();
        dict.put("key0", Content.of(0, 5));
        Path file = directory.resolve("k/0-1.checkpoint");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes);
        assertThatThrownBy(() -> dict.restore(0))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining(
                        "persisted checkpoint cannot be read: checksum is wrong, part=block 0, file="
                                + file);
        assertThat(dict.get("key0")).isEqualTo(Content.of(0, 5));
        assertThat(dict.size()).isEqualTo(100);
        dict.persist();
        dict.restore(0);
        assertThat(dict.get("key0")).isEqualTo(Content.of(0, 5));
    }

    @Test
    void isEmptyWhenACheckpointDoesNotFit() {
        DDict<Integer, byte[]> large = SERVICE.create(config("l").totalMemory(ByteSize.mib(64)));
        for (int key = 0; key < 40; key++) {
            large.put(key, Content.of(key, 1_000_000));
        }
        large.persist();
        large.destroy();
        assertThatThrownBy(() -> SERVICE.create(
                config("l").totalMemory(ByteSize.mib(16)).restoreFrom(0)))
                .isInstanceOf(DDictFullException.class);
        assertThat(SERVICE.cluster().dictionaries()).isEmpty();
        DDict<Integer, byte[]> again = SERVICE.create(
                config("l").totalMemory(ByteSize.mib(64)).restoreFrom(0));
        assertThat(again.size()).isEqualTo(40);
    }

    @Test
    void leavesNothingHalfWritten() throws IOException {
        DDict<String, Long> dict = SERVICE.create(config("m"));
        dict.put("key", 1L);
        dict.persist();
        try (Stream<Path> files = Files.list(directory.resolve("m"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .containsExactlyInAnyOrder("lock", "manifest", "0-0.checkpoint");
        }
    }

    private DDictConfig.Builder config(String name) {
        return DDictConfig.builder()
                .name(name)
                .totalMemory(ByteSize.mib(32))
                .persister("posix")
                .persistPath(directory);
    }

    private static void change(
            DDict<String, byte[]> dict, Map<String, byte[]> model, SplittableRandom random) {
        for (int step = 0; step < 1_000; step++) {
            String key = "key" + random.nextInt(400);
            if (random.nextInt(4) == 0) {
                dict.remove(key);
                model.remove(key);
            } else {
                int length = random.nextInt(random.nextInt(50) == 0 ? 300_000 : 500);
                byte[] value = Content.of(random.nextInt(), length);
                dict.put(key, value);
                model.put(key, value);
            }
        }
    }

    private static void assertHolds(DDict<String, byte[]> dict, Map<String, byte[]> model) {
        assertThat(dict.size()).isEqualTo(model.size());
        model.forEach((key, value) -> assertThat(dict.get(key)).as(key).isEqualTo(value));
        List<String> keys = new ArrayList<>();
        dict.keys().forEach(keys::add);
        assertThat(keys).containsExactlyInAnyOrderElementsOf(model.keySet());
    }
}
