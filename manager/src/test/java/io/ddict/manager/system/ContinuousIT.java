package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.Durability;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dictionaries that are copied to a disk as they change, whose service is killed. {@code
 * -Dddict.continuous.kills=…} kills more often; the seed is printed, and {@code
 * -Dddict.continuous.seed=…} repeats it as far as time can be repeated.
 */
@ExtendWith(MachineExtension.class)
class ContinuousIT {
    private static final long SEED = Long.getLong("ddict.continuous.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("ddict.continuous.kills", 3);
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration LATE = Duration.ofMillis(50);
    private static final Duration WINDOW = Duration.ofSeconds(1);
    // A put that was accepted is applied within this, unless the manager waits for the disk.
    private static final Duration APPLIED_WITHIN = Duration.ofMillis(500);
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path disk;

    @Test
    void goesOnAfterANormalEnd(Machine machine) {
        machine.startService("one");
        DDict<String, byte[]> dict = machine.connect("one").create(config().build());
        Map<String, byte[]> model = new HashMap<>();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 2_000; i++) {
            String key = "key" + random.nextInt(700);
            if (random.nextInt(5) == 0) {
                dict.remove(key);
                model.remove(key);
            } else {
                byte[] value = Content.of(i, random.nextInt(1 << random.nextInt(1, 16)));
                dict.put(key, value);
                model.put(key, value);
            }
        }
        long version = dict.getVersioned(model.keySet().iterator().next()).version();
        machine.connect("one").stop();
        machine.startService("two");
        DDict<String, byte[]> again = machine.connect("two").create(config().build());
        assertThat(again.size()).isEqualTo(model.size());
        model.forEach((key, value) -> assertThat(again.get(key)).isEqualTo(value));
        // What grows goes on to grow.
        assertThat(again.getVersioned(model.keySet().iterator().next()).version())
                .isGreaterThan(version);
        again.destroy(true);
        DDict<String, byte[]> third = machine.connect("two").create(config().build());
        assertThat(third.size()).isEqualTo(model.size());
        third.destroy();
        assertThat(files()).isEmpty();
        DDict<String, byte[]> empty = machine.connect("two").create(config().build());
        assertThat(empty.isEmpty()).isTrue();
        empty.destroy();
    }

    @Test
    void letsVersionsGrowThoughTheNewestValueIsGone(Machine machine) {
        machine.startService("one");
        DDict<String, String> dict = machine.connect("one").create(config().build());
        for (int i = 0; i < 20_000; i++) {
            dict.put("key", "value " + i);
        }
        long version = dict.getVersioned("key").version();
        assertThat(dict.remove("key")).isNotNull();
        dict.destroy(true);
        DDict<String, String> again = machine.connect("one").create(config().build());
        assertThat(again.isEmpty()).isTrue();
        again.put("key", "again");
        assertThat(again.getVersioned("key").version()).isGreaterThan(version);
        again.destroy();
    }

    @Test
    @Timeout(7200)
    void hasWhatWasAcceptedEarlierThanItsWindowWhenEverythingIsKilled(Machine machine)
            throws Exception {
        System.out.println("ContinuousIT: -Dddict.continuous.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        Map<String, History> histories = new ConcurrentHashMap<>();
        for (int round = 0; round <= KILLS; round++) {
            ChildProcess service = machine.startService("round" + round);
            DDict<String, byte[]> dict = machine.connect("round" + round).create(
                    config().managersPerNode(2).totalMemory(ByteSize.mib(128)).build());
            histories.forEach((key, history) -> history.check(key, dict.get(key)));
            assertThat(dict.size()).isLessThanOrEqualTo(histories.size());
            machine.verifyPools();
            if (round < KILLS) {
                killUnderLoad(service, dict, random, histories);
            } else {
                dict.destroy();
            }
        }
        System.out.println("ContinuousIT: kills=" + KILLS + ", keys=" + histories.size());
    }

    private static void killUnderLoad(
            ChildProcess service, DDict<String, byte[]> dict, SplittableRandom random,
            Map<String, History> histories) {
        AtomicBoolean over = new AtomicBoolean();
        Threads threads = new Threads();
        List<SplittableRandom> seeds = new ArrayList<>(List.of(random.split(), random.split()));
        threads.start(2, index -> {
            SplittableRandom own = seeds.get(index);
            while (!over.get()) {
                String key = "writer" + index + "-" + own.nextInt(2_000);
                change(dict, key, own, histories.computeIfAbsent(key, any -> new History()));
            }
        });
        long oldestMs = 0;
        long stoodNs = 0;
        long endNs = System.nanoTime() + random.nextInt(2_500, 4_500) * 1_000_000L;
        while (System.nanoTime() < endNs) {
            long startNs = System.nanoTime();
            Await.pass(PAUSE);
            long lateNs = System.nanoTime() - startNs - PAUSE.toNanos();
            stoodNs += lateNs < LATE.toNanos() ? 0 : lateNs;
            oldestMs = Math.max(oldestMs, dict.stats().managers().stream()
                    .mapToLong(each -> each.counter("copy-age-ms")).max().orElseThrow());
        }
        System.out.println("ContinuousIT: oldest copy " + oldestMs + " ms, awaited "
                + dict.stats().managers().getFirst().counter("copies-awaited"));
        // Of a machine that stood still meanwhile, no copy was to be made.
        long killedNs = System.nanoTime() - stoodNs;
        service.kill();
        over.set(true);
        threads.await(SOON);
        service.awaitEnd();
        histories.values().forEach(each -> each.cutAt(killedNs));
    }

    private static void change(
            DDict<String, byte[]> dict, String key, SplittableRandom random, History history) {
        int lengthMax = random.nextInt(50) == 0 ? 1 << 20 : 2_000;
        Value value = random.nextInt(6) == 0
                ? Value.NONE
                : new Value(random.nextLong(), Content.SEAL_LENGTH + random.nextInt(lengthMax));
        history.begin(value);
        try {
            if (value.equals(Value.NONE)) {
                dict.remove(key);
            } else {
                dict.put(key, value.bytes());
            }
            history.accepted();
        } catch (DDictException e) {
            // The service was killed; or there is no room just now, and the old value stays.
        }
    }

    @Test
    void makesItsWritersWaitForADiskThatIsTooSlow(Machine machine) {
        machine.startService("one");
        DDict<Integer, byte[]> dict = machine.connect("one").create(
                config().totalMemory(ByteSize.mib(512))
                        .durabilityWindow(Duration.ofMillis(100)).build());
        for (int i = 0; i < 400; i++) {
            dict.put(i % 200, Content.of(i, 1 << 20));
        }
        assertThat(dict.size()).isEqualTo(200);
        assertThat(dict.stats().managers().getFirst().counter("copies-awaited")).isPositive();
        Await.until(SOON, () -> "disk catches up: " + dict.stats(),
                () -> dict.stats().managers().getFirst().counter("copy-age-ms") < 500);
        dict.destroy();
    }

    @Test
    void beginsWithTheNewestPersistedCheckpoint(Machine machine) {
        machine.startService("one");
        DDictConfig.Builder config = DDictConfig.builder().name("kept").persistPath(disk)
                .durability(Durability.CHECKPOINT).workingSetSize(2).managersPerNode(2)
                .totalMemory(ByteSize.mib(16));
        DDict<String, String> dict = machine.connect("one").create(config.build());
        for (long checkpoint = 0; checkpoint < 6; checkpoint++) {
            dict.checkpointId(checkpoint);
            for (int i = 0; i < 20; i++) {
                dict.put("key" + i, "value" + checkpoint);
            }
        }
        Await.until(SOON, () -> "four are persisted: " + dict.persistedIds(),
                () -> dict.persistedIds().size() == 4);
        machine.service().kill();
        machine.service().awaitEnd();
        machine.startService("two");
        DDict<String, String> again = machine.connect("two").create(config.build());
        assertThat(again.checkpointId()).isEqualTo(3);
        assertThat(again.get("key7")).isEqualTo("value3");
        again.destroy();
    }

    @Test
    void refusesFilesThatAreInUseOrOfOtherManagers(Machine machine) {
        machine.startService("one");
        machine.startService("two");
        DDict<String, String> dict = machine.connect("one").create(config().build());
        dict.put("key", "value");
        Cluster two = machine.connect("two");
        assertThatThrownBy(() -> two.create(config().build()))
                .isInstanceOf(DDictException.class)
                .hasMessage("files of a continuous dictionary are in use: directory="
                        + disk.resolve("kept/continuous")
                        + "; attach to the dictionary, or choose another name or persistPath");
        dict.destroy(true);
        assertThatThrownBy(
                () -> two.create(config().managersPerNode(2).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("copied with keys at other managers: managers=2, placement=, copied=1,"
                        + " copiedPlacement=, directory=" + disk.resolve("kept/continuous")
                        + "; create it with as many managers and the same placement");
        DDict<String, String> again = two.create(config().build());
        assertThat(again.get("key")).isEqualTo("value");
        again.destroy();
    }

    @Test
    void tellsOfFilesThatAreNotItsOwn(Machine machine) throws IOException {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        DDict<String, String> dict = cluster.create(config().build());
        dict.put("key", "value");
        dict.destroy(true);
        Path table = files().getFirst();
        byte[] sound = Files.readAllBytes(table);
        try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
            file.write(new byte[64]);
        }
        assertThatThrownBy(() -> cluster.create(config().build()))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("not a table of records: file=" + table);
        Files.write(table, sound);
        assertThat(cluster.<String, String>create(config().build()).get("key")).isEqualTo("value");
        cluster.attach("kept", AttachOptions.DEFAULTS).destroy();
        Path manifest = disk.resolve("kept/continuous/manifest");
        Files.writeString(manifest, "format=99\n");
        assertThatThrownBy(() -> cluster.create(config().build()))
                .hasMessage("written by another version of DDict: format=99, known=1, file="
                        + manifest);
    }

    @Test
    void refusesWhatCannotBeContinuous() {
        assertThatThrownBy(() -> config().workingSetSize(2).restartable(true).build())
                .hasMessageContaining(
                        "continuous durability is for a workingSetSize of 1, without a"
                                + " persister, and not restartable: workingSetSize=2, persister=,"
                                + " restartable=true");
        assertThatThrownBy(() -> DDictConfig.builder().durability(Durability.CHECKPOINT).build())
                .hasMessageContaining("durability needs a name to be found again");
        assertThatThrownBy(() -> config().durabilityWindow(Duration.ofMillis(1)).build())
                .hasMessageContaining("durabilityWindow is not in PT0.1S..PT24H");
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(disk.resolve("kept/continuous"))) {
            return files.filter(each -> each.toString().endsWith(".records")).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private DDictConfig.Builder config() {
        return DDictConfig.builder()
                .name("kept")
                .durability(Durability.CONTINUOUS)
                .durabilityWindow(WINDOW)
                .persistPath(disk)
                .totalMemory(ByteSize.mib(32));
    }

    /** What one key had, by its only writer. */
    private static final class History {
        // What is certain to be on the disk, and then what may be there.
        private final List<Change> changes = new ArrayList<>(List.of(new Change(Value.NONE, 0)));

        synchronized void begin(Value value) {
            changes.add(new Change(value, Long.MAX_VALUE));
        }

        synchronized void accepted() {
            changes.add(new Change(changes.removeLast().value, System.nanoTime()));
        }

        /** Forgets what is hidden by a change that is old enough at a time. */
        synchronized void cutAt(long killedNs) {
            long certainNs = killedNs - WINDOW.toNanos() - APPLIED_WITHIN.toNanos();
            while (changes.size() > 1 && changes.get(1).acceptedNs < certainNs) {
                changes.removeFirst();
            }
        }

        /** Checks what is found after a kill, which is certain from then on. */
        synchronized void check(String key, byte[] bytes) {
            Value found = Value.of(bytes);
            assertThat(changes).as("value of %s", key).extracting(Change::value).contains(found);
            changes.clear();
            changes.add(new Change(found, 0));
        }
    }

    private record Change(Value value, long acceptedNs) {}

    /** A sealed value, or none. */
    private record Value(long seed, int length) {
        static final Value NONE = new Value(0, -1);

        static Value of(byte[] bytes) {
            if (bytes == null) {
                return NONE;
            }
            Value value = new Value(Content.seed(bytes), bytes.length);
            assertThat(bytes).isEqualTo(value.bytes());
            return value;
        }

        byte[] bytes() {
            return Content.sealed(seed, length);
        }
    }
}
