package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictStats;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FrozenException;
import io.ddict.client.Placement;
import io.ddict.client.codec.Codecs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/*
 * The table of what a dictionary is created with: a test for each row, named after it, with the default
 * and every rule of the row.
 */

/** Every row of the contract's table of creating. */
@Timeout(60)
class CreatingTableIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final DDictConfig DEFAULTS = DDictConfig.builder().build();

    private static OtherProcess other;

    @TempDir
    Path directory;

    @BeforeAll
    static void startAnother() {
        other = new OtherProcess(SERVICE.machine());
    }

    @AfterAll
    static void endAnother() {
        other.close();
    }

    @AfterEach
    void closeItsHandles() {
        other.closeHandles();
    }

    private static DDictConfig.Builder small() {
        return DDictConfig.builder().totalMemory(ByteSize.mib(16));
    }

    private DDictConfig.Builder persisting(String name) {
        return small().name(name).persister("posix").persistPath(directory);
    }

    private static void assertRefused(String violation, DDictConfig.Builder config) {
        assertThatThrownBy(config::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("configuration refused: " + violation);
    }

    @Test
    void managersPerNodeAndNodesAreOneUnlessSetAndTheSameForLife() {
        assertThat(DEFAULTS.managersPerNode()).isEqualTo(1);
        assertThat(DEFAULTS.nodes()).isEqualTo(1);
        DDictConfig.Builder kept = small().name("managers").restartable(true).managersPerNode(2);
        DDict<String, Object> dict = SERVICE.create(kept);
        assertThat(dict.managers()).isEqualTo(2);
        dict.destroy(true);
        assertThatThrownBy(() -> SERVICE.create(kept.managersPerNode(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("managersPerNode: kept=2, wanted=3");
        assertThat(SERVICE.create(kept.managersPerNode(2)).managers()).isEqualTo(2);
        assertRefused("managersPerNode is not in 1..256", DDictConfig.builder().managersPerNode(0));
        assertRefused("nodes is not in 1..4096: nodes=0", DDictConfig.builder().nodes(0));
        assertThatThrownBy(() -> SERVICE.create(DDictConfig.builder().nodes(2)))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining("cluster has fewer nodes: wanted=2, nodes=1");
    }

    @Test
    void totalMemoryIsSplitEvenlyAndReservedAheadOfUse() {
        assertThat(DEFAULTS.totalMemory()).isEqualTo(ByteSize.mib(256));
        DDict<String, Object> dict =
                SERVICE.create(DDictConfig.builder().managersPerNode(2)
                        .totalMemory(ByteSize.mib(96)));
        List<DDictStats.Manager> managers = dict.stats().managers();
        assertThat(managers.getFirst().memoryLength())
                .isEqualTo(managers.getLast().memoryLength())
                .isBetween(40L << 20, 48L << 20);
        // More than is taken at once, and nobody has put anything.
        Await.until(SOON, () -> "all memory reserved: " + dict.stats(),
                () -> dict.stats().managers().stream()
                        .allMatch(each -> each.freeBytes() == each.memoryLength() - 4096));
    }

    @Test
    void totalMemoryIsCheckedAtCreation() throws IOException {
        long usable = Files.getFileStore(SERVICE.machine().directory()).getUsableSpace();
        DDictConfig.Builder tooLarge = DDictConfig.builder()
                .totalMemory(ByteSize.bytes(usable + (1L << 30))).entriesMax(1_000);
        assertThatThrownBy(() -> SERVICE.create(tooLarge))
                .isInstanceOfSatisfying(DDictException.class,
                        e -> assertThat(e.status()).isEqualTo(Status.UNAVAILABLE))
                .hasMessageStartingWith("not enough shared memory: totalMemory=");
        assertThat(SERVICE.cluster().dictionaries()).isEmpty();
        assertRefused(
                "totalMemory is less than 4 MiB a manager: totalMemory=11 MiB, managers=3,"
                        + " each=3844778B",
                DDictConfig.builder().managersPerNode(3).totalMemory(ByteSize.mib(11)));
    }

    @Test
    void workingSetSizeIsOneUnlessSetAndTwoOrMoreForTheWaits() {
        assertThat(DEFAULTS.workingSetSize()).isEqualTo(1);
        String phrase = "to wait for keys or writers needs a workingSetSize of 2 or more";
        assertRefused("workingSetSize is not in 1..", DDictConfig.builder().workingSetSize(0));
        assertRefused(phrase, DDictConfig.builder().waitForKeys(true));
        assertRefused(phrase, DDictConfig.builder().waitForWriters(true));
        DDict<String, Object> dict = SERVICE.create(small().workingSetSize(2));
        for (int checkpoint = 0; checkpoint < 3; checkpoint++) {
            dict.checkpointId(checkpoint);
            dict.put("key", checkpoint);
        }
        assertThat(dict.size()).isEqualTo(1);
        assertThat(other.call("get", dict, "key")).as("at 0").isEqualTo("refused RETIRED");
        assertThat(other.call("goTo", dict, 1)).isEqualTo("done");
        assertThat(other.call("get", dict, "key")).isEqualTo("1");
    }

    @Test
    void waitForKeysAndWaitForWritersAreOffUnlessSet() {
        assertThat(DEFAULTS.waitForKeys()).isFalse();
        assertThat(DEFAULTS.waitForWriters()).isFalse();
        DDict<String, Object> dict = SERVICE.create(small().workingSetSize(2));
        assertThat(other.call("put", dict, "key", "value")).isEqualTo("done");
        assertThat(dict.get("nowhere")).isNull();
        // The key is in no later one, and its writer is where it was.
        dict.checkpointId(5);
        dict.put("other", 5);
        assertThat(dict.size()).isEqualTo(2);
        assertThat(other.call("get", dict, "key")).isEqualTo("refused RETIRED");
    }

    @Test
    void timeoutIsTenSecondsUnlessSetAndOfEveryCallThatWaitsForAManager() {
        assertThat(DEFAULTS.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(AttachOptions.DEFAULTS.timeout()).isEqualTo(Duration.ofSeconds(10));
        DDict<String, Object> dict =
                SERVICE.create(persisting("timeout").timeout(Duration.ofMillis(20)));
        DDict<String, Object> attached = SERVICE.cluster().attach("timeout",
                new AttachOptions(Duration.ofMillis(30), Codecs.standard()));
        DDict<String, Object> hasty = dict.withTimeout(Duration.ZERO);
        dict.put("key", "value");
        assertThat(dict.withTimeout(SOON).size()).isEqualTo(1);
        assertThat(hasty.get("key")).as("it need not wait").isEqualTo("value");
        SERVICE.machine().service().stop();
        try {
            dict.put("key", "posted");
            dict.put("counter", 1L);
            List<BadInputIT.DictCall> calls = List.of(
                    each -> each.get("key"), each -> each.containsKey("key"),
                    each -> each.remove("key"), each -> each.putIfAbsent("key", 1),
                    each -> each.replace("key", 1), each -> each.compareAndSet("key", 0, 1),
                    each -> each.getAndAdd("counter", 1), DDict::size, DDict::clear,
                    each -> each.keys().forEach(key -> {}), DDict::syncToNewestCheckpoint);
            for (BadInputIT.DictCall call : calls) {
                assertTimesOut("timeout=20ms", () -> call.on(cast(dict)));
                assertTimesOut("timeout=30ms", () -> call.on(cast(attached)));
                assertTimesOut("timeout=0ms", () -> call.on(cast(hasty)));
            }
            assertTimesOut("timeout=40ms",
                    () -> dict.awaitValue("key", "never", Duration.ofMillis(40)));
            assertTimesOut("timeout=50ms",
                    () -> dict.withTimeout(Duration.ofMillis(50)).get("key"));
            assertTimesOut("node service did not answer: request=PERSIST", dict::persist);
        } finally {
            SERVICE.machine().service().resume();
        }
        assertRefused("timeout is negative",
                DDictConfig.builder().timeout(Duration.ofMillis(-1)));
    }

    private static void assertTimesOut(String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(DDictTimeoutException.class)
                .hasMessageContaining(text);
    }

    // The calls use text only.
    @SuppressWarnings("unchecked")
    private static DDict<Object, Object> cast(DDict<?, ?> dict) {
        return (DDict<Object, Object>) dict;
    }

    @Test
    void nameIsGeneratedUnlessSetAndNeededForWhatIsFoundAgain() {
        DDict<String, Object> one = SERVICE.create();
        DDict<String, Object> two = SERVICE.create();
        assertThat(one.name()).isNotBlank().isNotEqualTo(two.name());
        assertThat(other.call("size", two)).isEqualTo("0");
        assertThat(SERVICE.create(small().name("chosen")).name()).isEqualTo("chosen");
        assertRefused("restartable needs a name to be found again",
                DDictConfig.builder().restartable(true));
        String phrase = "what is persisted needs a name to be found again";
        assertRefused(phrase, DDictConfig.builder().persister("posix"));
        assertRefused(phrase, DDictConfig.builder().persister("posix").restoreFrom(0));
        assertRefused(phrase,
                DDictConfig.builder().persister("posix").restoreFrom(0).readOnly(true));
    }

    @Test
    void persisterIsNoneUnlessSetAndNeededForTheRest() {
        assertThat(DEFAULTS.persister()).isEmpty();
        assertThat(DEFAULTS.persistFrequency()).isZero();
        assertThat(DEFAULTS.persistPath()).isEqualTo(Path.of("").toAbsolutePath());
        assertRefused("persistFrequency, restoreFrom and readOnly need a persister",
                DDictConfig.builder().name("n").persistFrequency(1));
        assertRefused("persistFrequency is negative",
                DDictConfig.builder().name("n").persister("posix").persistFrequency(-1));
        assertRefused("persistCount is negative",
                DDictConfig.builder().name("n").persister("posix").persistCount(-1));
        DDict<String, Object> dict = SERVICE.create();
        assertThatThrownBy(dict::persist).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dictionary has no persister");
    }

    @Test
    void persistFrequencyPersistsEveryFewAndPersistCountKeepsTheNewest() {
        DDict<String, Object> dict =
                SERVICE.create(persisting("few").persistFrequency(2).persistCount(2));
        for (long checkpoint = 0; checkpoint < 8; checkpoint++) {
            dict.checkpointId(checkpoint);
            dict.put("key", checkpoint);
            long retired = checkpoint - 1;
            if (retired % 2 == 0) {
                Await.until(SOON, () -> "persisted: " + dict.persistedIds(),
                        () -> dict.persistedIds().contains(retired));
            }
        }
        Await.until(SOON, () -> "two are kept: " + dict.persistedIds(),
                () -> dict.persistedIds().equals(List.of(4L, 6L)));
        DDict<String, Object> all = SERVICE.create(persisting("all"));
        for (long checkpoint = 0; checkpoint < 5; checkpoint++) {
            all.checkpointId(checkpoint);
            all.persist();
        }
        assertThat(all.persistedIds()).as("keeps all").containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(directory.resolve("all/4-0.checkpoint")).exists();
    }

    @Test
    void restoreFromBeginsWithAPersistedCheckpointAndReadOnlyShowsIt() {
        DDict<String, Object> first = SERVICE.create(persisting("begun"));
        first.checkpointId(3);
        first.put("key", "value");
        first.persist();
        first.destroy();
        DDict<String, Object> shown =
                SERVICE.create(persisting("begun").restoreFrom(3).readOnly(true));
        assertThat(shown.checkpointId()).isEqualTo(3);
        assertThat(shown.get("key")).isEqualTo("value");
        assertThatThrownBy(() -> shown.put("key", "new")).isInstanceOf(FrozenException.class);
        shown.destroy();
        DDict<String, Object> again = SERVICE.create(persisting("begun").restoreFrom(3));
        again.put("key", "new");
        assertThat(again.get("key")).isEqualTo("new");
        String phrase = "readOnly needs restoreFrom, a workingSetSize of 1";
        assertRefused(phrase, persisting("n").readOnly(true));
        assertRefused(phrase, persisting("n").restoreFrom(0).readOnly(true).workingSetSize(2));
        assertRefused(phrase, persisting("n").restoreFrom(0).readOnly(true).workingSetSize(2)
                .waitForKeys(true));
    }

    @Test
    void fullThresholdIsNineteenTwentiethsUnlessSetAndRefusesWritesOnly() {
        assertRefusesWritesAt(0.95, DDictConfig.builder());
        assertRefusesWritesAt(0.4, DDictConfig.builder().fullThreshold(0.4));
    }

    private static void assertRefusesWritesAt(double share, DDictConfig.Builder config) {
        DDict<Integer, byte[]> dict = SERVICE.create(config);
        assertThatThrownBy(() -> {
            for (int i = 0;; i++) {
                dict.put(i, Content.of(i, 500_000));
            }
        }).isInstanceOf(DDictFullException.class);
        assertThat(dict.size()).isPositive();
        // Figures are those of the last 50 ms, in which the rest of the memory may have come.
        Await.until(Duration.ofSeconds(10), () -> "free=" + freeShare(dict),
                () -> freeShare(dict) >= 1 - share && freeShare(dict) <= 1.05 - share);
        assertThat(dict.get(7)).isEqualTo(Content.of(7, 500_000));
        assertThat(dict.remove(7)).isEqualTo(Content.of(7, 500_000));
    }

    private static double freeShare(DDict<?, ?> dict) {
        DDictStats.Manager manager = dict.stats().managers().getFirst();
        return manager.freeBytes() / (double) manager.memoryLength();
    }

    /** A class that only a codec of the user's can store. */
    record Point(int x, int y) {}

    /** Texts of the same length go together. */
    record ByLength() implements Placement {
        @Override
        public int slot(Object key) {
            return ((String) key).length();
        }
    }

    @Test
    void codecsAreByTypeAndPlacementIsByHashUnlessSet() {
        DDict<String, Object> dict = SERVICE.create(small().managersPerNode(2));
        for (Object value : List.of("text", 1, 2L, 3.0, true, List.of(1, "two"))) {
            dict.put("key", value);
            assertThat(dict.get("key")).isEqualTo(value);
        }
        assertThatThrownBy(() -> dict.put("key", new Point(1, 2)))
                .isInstanceOf(IllegalArgumentException.class);
        for (int i = 100; i < 200; i++) {
            dict.put("key" + i, i);
        }
        assertThat(dict.manager(0).size()).as("spread by hash").isBetween(20L, 80L);
        DDict<String, Object> placed = SERVICE.create(small().managersPerNode(2)
                .codecs(Codecs.builder().register(Point.class).build())
                .placement(new ByLength()));
        placed.put("four", new Point(1, 2));
        placed.put("three", 5);
        assertThat(placed.get("four")).isEqualTo(new Point(1, 2));
        assertThat(placed.manager(0).keys()).containsExactly("four");
        assertThat(placed.manager(1).keys()).containsExactly("three");
    }

    @Test
    void violationsAreReportedTogether() {
        assertThatThrownBy(DDictConfig.builder()
                .managersPerNode(0)
                .nodes(-3)
                .totalMemory(ByteSize.mib(1))
                .workingSetSize(0)
                .timeout(Duration.ofSeconds(-1))
                .persistFrequency(-2)
                .fullThreshold(0)
                .readOnly(true)::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("managersPerNode=0", "nodes=-3", "totalMemory=1 MiB",
                        "workingSetSize=0", "timeout=PT-1S", "persistFrequency=-2",
                        "fullThreshold=0.0",
                        "readOnly needs restoreFrom");
    }
}
