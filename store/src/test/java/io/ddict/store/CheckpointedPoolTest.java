package io.ddict.store;

import static io.ddict.store.PoolDriver.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.CrashingRegions.Crash;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.WorkingSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool that holds several checkpoints: what each of them sees, and what is left of those that go. */
class CheckpointedPoolTest {
    private static final WorkingSet TWO = new WorkingSet(2, false, false);

    @TempDir(factory = SharedMemoryDirectory.class)
    Path directory;

    static Stream<WorkingSet> workingSets() {
        return Stream.concat(
                IntStream.rangeClosed(2, 5).mapToObj(size -> new WorkingSet(size, false, false)),
                IntStream.rangeClosed(2, 3).mapToObj(size -> new WorkingSet(size, true, false)));
    }

    private VersionDriver create(WorkingSet rules) throws IOException {
        return VersionDriver.create(directory, rules, MemoryRegion::new);
    }

    @Test
    void keepsAnOlderValueForThoseWhoAreAtAnOlderCheckpoint() throws IOException {
        try (VersionDriver driver = create(TWO)) {
            driver.post("a", 0, value(10, 1));
            driver.post("b", 0, value(10, 1));
            driver.post("a", 1, value(20, 2));
            driver.drain();
            assertThat(driver.read("a", 0)).isEqualTo(value(10, 1));
            assertThat(driver.read("a", 1)).isEqualTo(value(20, 2));
            assertThat(driver.read("b", 1)).isEqualTo(value(10, 1));
            driver.check();
            driver.checkNothingLeft();
        }
    }

    @Test
    void marksARemovalThatAnOlderCheckpointDoesNotSee() throws IOException {
        try (VersionDriver driver = create(TWO)) {
            driver.post("a", 0, value(10, 1));
            driver.post("b", 1, value(10, 1));
            driver.postRemove("a", 1);
            driver.drain();
            assertThat(driver.read("a", 0)).isEqualTo(value(10, 1));
            assertThat(driver.read("a", 1)).isNull();
            driver.check();
            driver.post("b", 2, value(10, 2));
            driver.drain();
            driver.pruneAll();
            driver.check();
            driver.checkNothingLeft();
        }
    }

    @Test
    void linksAVersionThatIsPutBetweenTwoOthers() throws IOException {
        try (VersionDriver driver = create(new WorkingSet(3, false, false))) {
            driver.post("a", 0, value(10, 1));
            driver.post("a", 2, value(10, 3));
            driver.post("a", 1, value(10, 2));
            driver.drain();
            for (int at = 0; at < 3; at++) {
                assertThat(driver.read("a", at)).isEqualTo(value(10, at + 1));
            }
            driver.check();
        }
    }

    @Test
    void goesFarAheadInOneStep() throws IOException {
        try (VersionDriver driver = create(TWO)) {
            driver.post("a", 0, value(10, 1));
            driver.post("b", 1, value(10, 2));
            driver.post("a", WorkingSet.CHECKPOINT_MAX, value(10, 3));
            driver.drain();
            driver.check();
            assertThat(driver.read("a", WorkingSet.CHECKPOINT_MAX - 1)).isEqualTo(value(10, 1));
            driver.checkNothingLeft();
        }
    }

    @Test
    void prunesTheVersionsOfKeysOfEqualHash() throws IOException {
        try (VersionDriver driver = create(TWO)) {
            for (int at = 0; at < 6; at++) {
                for (int i = 0; i < 4; i++) {
                    driver.post(PoolDriver.keyOfEqualHash(i), at, value(10 + at, i));
                }
                driver.postRemove(PoolDriver.keyOfEqualHash(at % 4), at);
            }
            driver.drain();
            driver.pruneAll();
            driver.check();
            driver.checkNothingLeft();
        }
    }

    @ParameterizedTest
    @MethodSource("workingSets")
    void agreesWithAModelUnderRandomCallsAndRecoveries(WorkingSet rules) throws IOException {
        Random random = TestRandom.random();
        VersionDriver driver = create(rules);
        long newest = 0;
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 60; i++) {
                newest += random.nextInt(20) == 0 ? 1 + random.nextInt(rules.size() + 1) : 0;
                postAny(driver, random, Math.max(0, newest - random.nextInt(rules.size() + 1)));
                if (random.nextInt(5) == 0) {
                    driver.drain();
                    driver.check();
                }
            }
            driver.drain();
            driver.pruneAll();
            driver.check();
            driver.checkNothingLeft();
            driver = driver.recover();
            driver.check();
            driver.pruneAll();
            driver.checkNothingLeft();
        }
        driver.close();
    }

    @ParameterizedTest
    @MethodSource("workingSets")
    void countsForItsWriterEachVersionThatIsThereAndNoMark(WorkingSet rules) throws IOException {
        Random random = TestRandom.random();
        try (VersionDriver driver = create(rules)) {
            long newest = 0;
            for (int i = 0; i < 1_000; i++) {
                newest += random.nextInt(20) == 0 ? 1 + random.nextInt(rules.size() + 1) : 0;
                postAny(driver, random, Math.max(0, newest - random.nextInt(rules.size() + 1)));
                driver.drain();
                if (i % 100 == 99) {
                    driver.pruneAll();
                }
                driver.checkShares();
            }
        }
    }

    private static void postAny(VersionDriver driver, Random random, long checkpoint) {
        int number = random.nextInt(20);
        String key = number % 5 == 0 ? PoolDriver.keyOfEqualHash(number) : "key-" + number;
        byte[] value = value(random.nextInt(300), random.nextInt());
        switch (random.nextInt(8)) {
            case 0, 1 -> driver.postRemove(key, checkpoint);
            case 2, 3 -> driver.postPersistent(key, checkpoint, value);
            default -> driver.post(key, checkpoint, value);
        }
    }

    @ParameterizedTest
    @MethodSource("workingSets")
    @Timeout(300)
    void endsWithEveryOperationWhereverTheOwnerIsKilled(WorkingSet rules) throws IOException {
        Random random = TestRandom.random();
        long workSeed = random.nextLong();
        int kills = killAtStores(rules, driver -> {
            Random work = new Random(workSeed);
            long newest = 0;
            for (int i = 0; i < 40; i++) {
                newest += work.nextInt(8) == 0 ? 1 : 0;
                postAny(driver, work, Math.max(0, newest - work.nextInt(rules.size())));
            }
        }, 1 + random.nextInt(3));
        assertThat(kills).isGreaterThan(100);
    }

    /** Kills an owner that applies what was posted, at one store after another; returns how often. */
    private int killAtStores(WorkingSet rules, Consumer<VersionDriver> work, int step)
            throws IOException {
        for (int stores = 0, kills = 0;; stores += step, kills++) {
            Path own = Files.createDirectory(directory.resolve("after-" + stores));
            CrashingRegions regions = new CrashingRegions();
            VersionDriver driver = VersionDriver.create(own, rules, regions);
            work.accept(driver);
            regions.crashAfter(stores);
            boolean killed = false;
            try {
                driver.drain();
            } catch (Crash e) {
                killed = true;
            }
            regions.crashAfter(Long.MAX_VALUE);
            try (VersionDriver recovered = driver.recover()) {
                recovered.drain();
                recovered.check();
                recovered.pruneAll();
                recovered.check();
                recovered.checkNothingLeft();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("killed after store " + stores, e);
            }
            deleteAll(own);
            if (!killed) {
                return kills;
            }
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
