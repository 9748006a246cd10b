package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ddict.client.Batch;
import io.ddict.client.BatchRefusedException;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.Filtered;
import io.ddict.client.FrozenException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import io.ddict.client.Versioned;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/*
 * The table of calls that are not about checkpoints: a test for each row, named after it, with every
 * clause of the row. "Anyone" and "others" are another process.
 */

/** Every row of the contract's table of calls. */
@Timeout(60)
class CallsTableIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration BRIEFLY = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int MANAGERS = 3;

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

    private static DDict<String, Object> create() {
        return SERVICE.create();
    }

    private static DDict<String, Object> create(DDictConfig.Builder config) {
        return SERVICE.create(
                config.managersPerNode(MANAGERS).totalMemory(ByteSize.mib(16 * MANAGERS)));
    }

    private static DDictConfig.Builder workingSet(int size) {
        return DDictConfig.builder().workingSetSize(size);
    }

    private static void assertRefused(Status status, Runnable call) {
        DDictException refusal = catchThrowableOfType(DDictException.class, call::run);
        assertThat(refusal.status()).isEqualTo(status);
    }

    @Test
    void putReturnsOnceAcceptedAndALaterGetByAnyoneSeesIt() {
        DDict<String, Object> dict = create();
        assertThat(other.call("get", dict, "key")).isEqualTo("null");
        SERVICE.machine().service().stop();
        try {
            // Accepted, with nobody there to answer.
            dict.put("key", "value");
            other.begin("get", dict, "key");
        } finally {
            SERVICE.machine().service().resume();
        }
        assertThat(other.answer()).isEqualTo("value");
        assertThatThrownBy(() -> dict.put("key", new byte[32 << 20]))
                .isInstanceOf(DDictFullException.class);
        assertThat(other.call("get", dict, "key")).isEqualTo("value");
        assertThat(other.call("goTo", dict, 1)).isEqualTo("done");
        assertThat(other.call("put", dict, "key", "newer")).isEqualTo("done");
        assertThat(other.call("get", dict, "key")).isEqualTo("newer");
        assertThatThrownBy(() -> dict.put("key", "older"))
                .isInstanceOf(CheckpointRetiredException.class);
        assertThat(other.call("get", dict, "key")).isEqualTo("newer");
    }

    @Test
    void putIfAbsentReplaceAndCompareAndSetAreAtomicAndReturnWhatAConcurrentMapDoes() {
        DDict<String, Object> dict = create();
        dict.put("sum", 0L);
        int count = 300;
        other.begin("race", dict, count);
        int won = OtherRole.race(dict, "this", count);
        assertThat(Integer.parseInt(other.answer()) + won).isEqualTo(count);
        assertThat(dict.get("sum")).isEqualTo(4L * count);
        assertThat(dict.values()).filteredOn("this"::equals).hasSize(won);
        assertThat(dict.putIfAbsent("key", "a")).isNull();
        assertThat(dict.putIfAbsent("key", "b")).isEqualTo("a");
        assertThat(dict.replace("key", "c")).isEqualTo("a");
        assertThat(dict.replace("nowhere", "c")).isNull();
        assertThat(dict.replace("key", "a", "d")).isFalse();
        assertThat(dict.replace("key", "c", "d")).isTrue();
        long version = dict.getVersioned("key").version();
        long next = dict.compareAndSet("key", version, "e");
        assertThat(next).isGreaterThan(version).isEqualTo(dict.getVersioned("key").version());
        assertThat(dict.compareAndSet("key", version, "f")).isZero();
        assertThat(other.call("get", dict, "key")).isEqualTo("e");
    }

    @Test
    void getAndAddIsOf64BitsAndSurvivesCheckpoints() {
        DDict<String, Object> dict = create(workingSet(2).waitForKeys(true));
        assertThat(dict.getAndAdd("counter", Long.MAX_VALUE)).isZero();
        assertThat(other.call("getAndAdd", dict, "counter", 2))
                .isEqualTo(String.valueOf(Long.MAX_VALUE));
        long value = Long.MIN_VALUE + 1;
        for (int i = 0; i < 5; i++) {
            dict.checkpoint();
            assertThat(dict.getAndAdd("counter", 1)).isEqualTo(value++);
        }
        dict.checkpoint();
        dict.putPersistent("others go on", 1);
        assertThat(dict.get("counter")).isEqualTo(value);
        dict.rollback();
        assertThat(dict.get("counter")).isEqualTo(value);
        assertThat(other.call("get", dict, "counter")).as("at 0").isEqualTo("refused RETIRED");
    }

    @Test
    void getAndAddRefusesWhatIsNoIntegerAndAFrozenDictionary() {
        DDict<String, Object> dict = create();
        dict.put("text", "value");
        assertRefused(Status.TYPE, () -> dict.getAndAdd("text", 1));
        assertThat(dict.get("text")).isEqualTo("value");
        dict.getAndAdd("counter", 7);
        dict.freeze();
        assertRefused(Status.FROZEN, () -> dict.getAndAdd("counter", 1));
        assertThat(other.call("getAndAdd", dict, "counter", 1)).isEqualTo("refused FROZEN");
        assertThat(dict.get("counter")).isEqualTo(7L);
    }

    @Test
    void awaitValueReturnsWhenTheStoredBytesEqualWhateverWasThereBefore() throws Exception {
        DDict<String, Object> dict = create();
        dict.put("text", "another");
        dict.put("list", List.of("wanted"));
        for (String key : List.of("absent", "text", "list")) {
            CompletableFuture<Void> arrival = dict.async().awaitValue(key, "wanted", SOON);
            dict.put(key, "still another");
            assertThat(other.call("get", dict, key)).isEqualTo("still another");
            assertThat(arrival).isNotDone();
            assertThat(other.call("put", dict, key, "wanted")).isEqualTo("done");
            arrival.get(10, TimeUnit.SECONDS);
            dict.awaitValue(key, "wanted", SOON);
        }
        // Another object, of the same bytes.
        dict.put("list", new ArrayList<>(List.of("a", "b")));
        dict.awaitValue("list", new ArrayList<>(List.of("a", "b")), SOON);
        assertThatThrownBy(() -> dict.awaitValue("text", "never", BRIEFLY))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @Test
    void broadcastPutStoresANonPersistentCopyAtEveryManagerAndBroadcastGetTakesANearOne() {
        DDict<String, Object> dict = create(workingSet(2).waitForKeys(true));
        assertThat(other.call("broadcastPut", dict, "key", "value")).isEqualTo("done");
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo("value");
            dict.manager(manager).put("near", "copy" + manager);
        }
        Object near = dict.broadcastGet("near");
        assertThat(near).isIn("copy0", "copy1", "copy2").isEqualTo(dict.broadcastGet("near"));
        assertThat(other.call("broadcastGet", dict, "key")).isEqualTo("value");
        dict.checkpoint();
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).containsKey("key")).isFalse();
        }
        DDict<String, Object> brief = dict.withTimeout(BRIEFLY);
        assertThatThrownBy(() -> brief.broadcastGet("key"))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @Test
    void batchSendsWhatItCollectedAtItsEndAndReportsEachRefusedKeyWithItsCause() {
        DDict<String, Object> dict = create(workingSet(1));
        Batch<String, Object> batch = dict.batch();
        for (int i = 0; i < 50; i++) {
            batch.put("key" + i, i);
        }
        assertThat(other.call("size", dict)).isEqualTo("0");
        batch.put("too long", new byte[32 << 20]);
        BatchRefusedException refusal =
                catchThrowableOfType(BatchRefusedException.class, batch::close);
        assertThat(other.call("size", dict)).isEqualTo("50");
        assertThat(refusal.result().stored()).isEqualTo(50);
        assertThat(refusal.result().refused()).singleElement().satisfies(each -> {
            assertThat((Object) each.key()).isEqualTo("too long");
            assertThat(each.cause()).isInstanceOf(DDictFullException.class);
        });
        Batch<String, Object> another = dict.batch();
        another.put("key0", "new");
        assertThat(another.end().stored()).isEqualTo(1);
        assertThat(other.call("get", dict, "key0")).isEqualTo("new");
    }

    @Test
    void batchKeepsItsHandleAtItsCheckpoint() {
        DDict<String, Object> dict =
                create(workingSet(2).name("batched").persister("posix").persistPath(directory));
        dict.put("key", "zero");
        dict.persist();
        dict.checkpointId(2);
        List<Runnable> moves = List.of(
                dict::checkpoint, dict::rollback, () -> dict.checkpointId(1),
                dict::syncToNewestCheckpoint, () -> dict.restore(0), dict::advance);
        try (Batch<String, Object> batch = dict.batch()) {
            batch.put("key", "two");
            for (Runnable move : moves) {
                assertRefused(Status.INVALID_OPERATION, move);
                assertThat(dict.checkpointId()).isEqualTo(2);
                assertThat(dict.get("key")).as("before anything happens").isEqualTo("zero");
            }
            assertThat(batch.end().stored()).isEqualTo(1);
        }
        assertThat(dict.rollback()).as("it has ended").isEqualTo(1);
        assertThat(dict.get("key")).isEqualTo("zero");
        dict.restore(0);
        assertThat(dict.get("key")).isEqualTo("zero");
    }

    @Test
    void batchDoesNotWaitForACheckpointThatCannotBeReachedYet() {
        DDict<String, Object> dict = SERVICE.create(
                workingSet(2).waitForKeys(true).totalMemory(ByteSize.mib(16)));
        dict.put("key", "zero");
        dict.checkpointId(2);
        Batch<String, Object> batch = dict.batch();
        batch.put("key", "two");
        assertThat(batch.end().refused()).singleElement()
                .satisfies(each -> assertThat(each.cause())
                        .isInstanceOf(FutureCheckpointException.class));
        dict.checkpointId(0);
        assertThat(other.call("get", dict, "key")).isEqualTo("zero");
    }

    @Test
    void sizeKeysValuesAndEntriesAreOfTheHandlesCheckpoint() {
        DDict<String, Object> dict = create(workingSet(2));
        dict.put("both", 1);
        dict.put("gone", 1);
        dict.checkpoint();
        dict.put("both", 2);
        dict.put("new", 2);
        assertThat(dict.remove("gone")).isEqualTo(1);
        assertThat(dict.entries()).containsExactlyInAnyOrder(
                Map.entry("both", 2), Map.entry("new", 2));
        assertThat(dict.localEntries()).containsExactlyInAnyOrderElementsOf(dict.entries());
        assertThat(dict.size()).isEqualTo(2).isEqualTo(dict.localSize());
        assertThat(other.call("size", dict)).as("at 0").isEqualTo("2");
        dict.rollback();
        assertThat(dict.keys()).containsExactlyInAnyOrder("both", "gone");
        assertThat(dict.localKeys()).containsExactlyInAnyOrder("both", "gone");
        assertThat(dict.values()).containsExactly(1, 1);
        assertThat(dict.localValues()).containsExactly(1, 1);
    }

    @Test
    void keysAreThoseThatEachManagerHadWhenAskedAndWithoutThoseRemovedMeanwhile() {
        DDict<String, Object> dict = create(workingSet(1));
        for (int manager = 0; manager < MANAGERS; manager++) {
            for (int i = 0; i < 20; i++) {
                dict.manager(manager).put(manager + "-" + i, i);
            }
        }
        Iterator<String> keys = dict.keys().iterator();
        Set<String> seen = new HashSet<>(Set.of(keys.next()));
        String first = seen.iterator().next();
        char asked = first.charAt(0);
        // The manager that was asked already has its set; the others are asked later.
        for (int manager = 0; manager < MANAGERS; manager++) {
            dict.manager(manager).put(manager + "-added", 1);
            for (int i = 0; i < 20; i += 2) {
                Object _ = dict.manager(manager).remove(manager + "-" + i);
            }
        }
        keys.forEachRemaining(seen::add);
        for (int manager = 0; manager < MANAGERS; manager++) {
            String prefix = manager + "-";
            boolean isAsked = asked == prefix.charAt(0);
            assertThat(seen.contains(prefix + "added")).isEqualTo(!isAsked);
            for (int i = 1; i < 20; i += 2) {
                assertThat(seen).contains(prefix + i);
            }
            // One that was asked may have looked one up ahead.
            assertThat(seen).filteredOn(each -> each.matches(prefix + "\\d*[02468]"))
                    .hasSizeLessThanOrEqualTo(isAsked ? 2 : 0);
        }
    }

    @Test
    void valuesMayBeLeftEarlyAndHoldNothing() {
        DDict<String, Object> dict = create();
        for (int i = 0; i < 20; i++) {
            assertThat(other.call("put", dict, "key" + i, "v".repeat(10_000))).isEqualTo("done");
        }
        for (int i = 0; i < 100; i++) {
            assertThat(dict.values().iterator().next()).isNotNull();
        }
        dict.clear();
        other.closeHandles();
        Await.until(SOON, () -> "all memory is free: " + dict.stats(),
                () -> dict.stats().managers().getFirst().usedBytes() == 0);
    }

    @Test
    void clearIsOfItsCheckpointAtEveryManager() {
        DDict<String, Object> dict = create(workingSet(2));
        for (int i = 0; i < 30; i++) {
            dict.put("key" + i, i);
        }
        assertThat(other.call("size", dict)).isEqualTo("30");
        dict.checkpoint();
        dict.clear();
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).isEmpty()).isTrue();
        }
        assertThat(other.call("size", dict)).as("at 0").isEqualTo("30");
        dict.checkpoint();
        dict.clear();
        assertThat(other.call("clear", dict)).isEqualTo("refused RETIRED");
    }

    @Test
    void freezeIsOfAllManagersAndForEverybody() {
        DDict<String, Object> dict = create(workingSet(1));
        for (int i = 0; i < 30; i++) {
            dict.put("key" + i, "value");
        }
        assertThat(other.call("freeze", dict)).isEqualTo("done");
        assertThat(dict.isFrozen()).isTrue();
        for (int i = 0; i < 30; i++) {
            String key = "key" + i;
            assertThatThrownBy(() -> dict.put(key, "new")).isInstanceOf(FrozenException.class);
            assertThatThrownBy(() -> dict.remove(key)).isInstanceOf(FrozenException.class);
            assertThat(other.call("put", dict, key, "new")).isEqualTo("refused FROZEN");
        }
        assertThatThrownBy(dict::clear).isInstanceOf(FrozenException.class);
        assertThat(other.call("remove", dict, "key1")).isEqualTo("refused FROZEN");
        assertThat(other.call("get", dict, "key1")).isEqualTo("value");
        assertThat(dict.size()).isEqualTo(30);
    }

    @Test
    void unfreezeEndsTheViewsThatWereHandedOut() {
        DDict<String, Object> dict = create(workingSet(1));
        dict.put("key", "value");
        dict.freeze();
        MemorySegment ownEnd = dict.view("key");
        assertThat(ownEnd.byteSize()).isPositive();
        dict.unfreeze();
        assertEnded(ownEnd);
        assertThat(other.call("put", dict, "key", "other")).isEqualTo("done");
        dict.freeze();
        MemorySegment othersEnd = dict.view("key");
        assertThat(other.call("unfreeze", dict)).isEqualTo("done");
        Await.until(SOON, () -> "end of the view", () -> !othersEnd.scope().isAlive());
        assertEnded(othersEnd);
        assertThat(dict.get("key")).isEqualTo("other");
    }

    private static void assertEnded(MemorySegment view) {
        assertThatThrownBy(() -> view.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void viewShowsTheValueInPlaceUnderAPinOnAnyDictionary() {
        DDict<String, Object> dict = create();
        byte[] value = Content.of(1, 100_000);
        dict.put("key", value);
        String after = dict.view("key", bytes -> {
            // Whatever others do meanwhile.
            assertThat(other.call("put", dict, "key", "new")).isEqualTo("done");
            assertThat(other.call("clear", dict)).isEqualTo("done");
            for (int i = 0; i < 20; i++) {
                assertThat(other.call("put", dict, "key" + i, "v".repeat(50_000)))
                        .isEqualTo("done");
            }
            assertThat(bytes.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(value);
            assertThat(bytes.isReadOnly()).isTrue();
            return other.call("get", dict, "key");
        });
        assertThat(after).isEqualTo("null");
        dict.put("key", value);
        dict.freeze();
        assertThat(dict.<byte[]>view("key", bytes -> bytes.toArray(ValueLayout.JAVA_BYTE)))
                .isEqualTo(value);
    }

    @Test
    void getIntoABufferCopiesAndReturnsTheLength() {
        DDict<String, Object> dict = create();
        dict.put("key", Content.of(1, 5_000));
        byte[] buffer = new byte[5_003];
        assertThat(dict.get("key", MemorySegment.ofArray(buffer))).isEqualTo(5_000);
        assertThat(other.call("put", dict, "key", "new")).isEqualTo("done");
        assertThat(buffer).startsWith(Content.of(1, 5_000)).endsWith(0, 0, 0);
        assertThat(dict.get("absent", MemorySegment.ofArray(buffer))).isEqualTo(-1);
    }

    @Test
    void getVersionedGivesAVersionThatOnlyGrowsAndThatCompareAndSetTakes() {
        DDict<String, Object> dict = create();
        long last = 0;
        for (int i = 0; i < 10; i++) {
            assertThat(other.call("put", dict, "key", "value" + i)).isEqualTo("done");
            Versioned<Object> read = dict.getVersioned("key");
            assertThat(read.value()).isEqualTo("value" + i);
            assertThat(read.version()).isGreaterThan(last);
            last = dict.compareAndSet("key", read.version(), "set");
            assertThat(last).isGreaterThan(read.version());
            assertThat(other.call("get", dict, "key")).isEqualTo("set");
            assertThat(other.call("remove", dict, "key")).isEqualTo("set");
        }
        DDict<String, Object> restored = persisted();
        last = 0;
        for (Runnable end : List.<Runnable>of(restored::clear, () -> restored.restore(1),
                () -> restored.restore(0))) {
            restored.put("key7", "later");
            assertThat(restored.getVersioned("key7").version()).isGreaterThan(last);
            last = restored.compareAndSet(
                    "key7", restored.getVersioned("key7").version(), "latest");
            end.run();
            Versioned<Object> read = restored.getVersioned("key7");
            assertThat(read == null || read.version() > last).as("%s", read).isTrue();
        }
    }

    @Test
    void managerSendsEveryCallToItsShardWhateverTheKey() {
        DDict<String, Object> dict = create(workingSet(1));
        for (int manager = 0; manager < MANAGERS; manager++) {
            DDict<String, Object> one = dict.manager(manager);
            for (int i = 0; i <= manager; i++) {
                one.put("key" + i, manager);
                assertThat(one.get("key" + i)).isEqualTo(manager);
            }
            assertThat(one.whichManager("key0")).isEqualTo(manager);
            assertThat(one.size()).isEqualTo(manager + 1).isEqualTo(one.localSize());
            assertThat(one.localKeys()).hasSize(manager + 1);
        }
        assertThat(other.call("size", dict)).as("of the same dictionary").isEqualTo("6");
        dict.manager(0).clear();
        assertThat(other.call("size", dict)).isEqualTo("5");
        assertThat(dict.get("key0")).isEqualTo(
                dict.whichManager("key0") == 0 ? null : dict.whichManager("key0"));
    }

    @Test
    void filterRunsOverEachShardMergesInOrderAndIsCancelledWhenClosedEarly() {
        DDict<String, Object> dict = create(workingSet(1));
        for (int i = 100; i < 400; i++) {
            dict.put("key" + i, i);
        }
        assertThat(other.call("put", dict, "another", "text")).isEqualTo("done");
        try (Filtered<Map.Entry<String, Object>> found = dict.filter(
                (key, value) -> value instanceof Integer number && number % 2 == 0,
                Map.Entry.comparingByKey())) {
            assertThat(found.stream().map(Map.Entry::getValue))
                    .hasSize(150)
                    .isSortedAccordingTo(Comparator.comparing(Integer.class::cast));
        }
        awaitNoFilter();
        try (Filtered<Integer> endless = dict.filter(
                shard -> Stream.generate(() -> shard.size() > 0 ? 1 : 0).iterator(),
                Comparator.<Integer>naturalOrder())) {
            assertThat(endless.next()).isEqualTo(1);
            assertThat(filters()).as("a thread for each manager").hasSize(MANAGERS);
        }
        awaitNoFilter();
    }

    private static void awaitNoFilter() {
        Await.until(SOON, () -> "end of " + filters(), () -> filters().isEmpty());
    }

    private static List<Thread> filters() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ddict-filter-"))
                .toList();
    }

    private DDict<String, Object> persisted() {
        DDict<String, Object> dict =
                create(workingSet(1).name("persisted").persister("posix").persistPath(directory));
        for (long checkpoint = 0; checkpoint < 3; checkpoint++) {
            dict.checkpointId(checkpoint);
            for (int i = 0; i < 30; i++) {
                dict.put("key" + i, "value" + checkpoint);
            }
            dict.persist();
        }
        return dict;
    }

    @Test
    void persistWritesFilesThatAreThereWholeAndChecksThem() throws IOException {
        DDict<String, Object> dict = persisted();
        Path folder = directory.resolve("persisted");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .as("nothing written aside is left")
                    .filteredOn(each -> !each.equals("lock") && !each.equals("manifest"))
                    .hasSize(3 * MANAGERS)
                    .allMatch(each -> each.matches("[012]-[012]\\.checkpoint"));
        }
        Path file = folder.resolve("1-2.checkpoint");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertRefused(Status.UNAVAILABLE, () -> dict.restore(1));
        assertThat(other.call("goTo", dict, 2)).isEqualTo("done");
        assertThat(other.call("get", dict, "key7")).as("as before").isEqualTo("value2");
        assertThat(dict.persistedIds()).as("later ones are kept").containsExactly(0L, 1L, 2L);
    }

    @Test
    void persistedIdsAreThoseThatAreCompleteAtAllManagers() throws IOException {
        DDict<String, Object> dict = persisted();
        Files.delete(directory.resolve("persisted/1-2.checkpoint"));
        assertThat(dict.persistedIds()).containsExactly(0L, 2L);
        assertThatThrownBy(() -> dict.restore(1))
                .isInstanceOf(PersistedCheckpointUnavailableException.class);
        assertThat(dict.get("key7")).isEqualTo("value2");
    }

    @Test
    void restoreReplacesEverythingAndRemovesLaterIdsOnceLoaded() {
        DDict<String, Object> dict = persisted();
        dict.put("later", "gone");
        dict.restore(1);
        assertThat(dict.checkpointId()).isEqualTo(1);
        assertThat(dict.size()).isEqualTo(30);
        assertThat(dict.persistedIds()).containsExactly(0L, 1L);
        assertThat(other.call("goTo", dict, 1)).isEqualTo("done");
        assertThat(other.call("get", dict, "key7")).isEqualTo("value1");
        dict.put("key7", "again");
        assertThat(other.call("get", dict, "key7")).isEqualTo("again");
    }

    @Test
    void advanceShowsTheNextPersistedCheckpointOfAReadOnlyDictionary() {
        persisted().destroy();
        DDict<String, Object> shown = create(workingSet(1).name("persisted")
                .persister("posix").persistPath(directory).restoreFrom(0).readOnly(true));
        assertThat(shown.get("key7")).isEqualTo("value0");
        assertThat(shown.advance()).isEqualTo(1).isEqualTo(shown.checkpointId());
        assertThat(other.call("goTo", shown, 1)).isEqualTo("done");
        assertThat(other.call("get", shown, "key7")).isEqualTo("value1");
        assertThat(shown.advance()).isEqualTo(2);
        assertThatThrownBy(shown::advance)
                .isInstanceOf(PersistedCheckpointUnavailableException.class);
        shown.restore(0);
        assertThat(shown.persistedIds()).containsExactly(0L, 1L, 2L);
    }

    @Test
    void destroyEndsItForAllAtOnceAndKeepsItWhereAllowed() {
        DDictConfig.Builder config = DDictConfig.builder().name("kept").restartable(true);
        DDict<String, Object> dict = create(config);
        assertThat(other.call("put", dict, "key", "value")).isEqualTo("done");
        dict.destroy(true);
        for (String call : List.of("get", "remove")) {
            assertThat(other.call(call, dict, "key")).isEqualTo("refused DESTROYED");
        }
        assertThat(other.call("put", dict, "key", "late")).isEqualTo("refused DESTROYED");
        assertThat(other.call("size", dict)).isEqualTo("refused DESTROYED");
        other.closeHandles();
        DDict<String, Object> again = create(config);
        assertThat(other.call("get", again, "key")).isEqualTo("value");
        CompletableFuture<Void> waiting = again.async().awaitValue("key", "never", SOON);
        assertThat(other.call("destroy", again)).isEqualTo("done");
        assertThat(waiting).failsWithin(SOON).withThrowableThat()
                .withCauseInstanceOf(DestroyedException.class);
        assertThatThrownBy(() -> again.get("key")).isInstanceOf(DestroyedException.class);
        assertThat(create(config).isEmpty()).isTrue();
    }

    @Test
    void closeFreesTheHandleEverywhereAndDoesNotWaitForItsManagers() throws Exception {
        DDict<String, Object> dict = create();
        DDict<String, Object> handle = DDict.attach(dict.serialize());
        handle.put("key", Content.of(1, 100_000));
        assertThat(other.call("get", dict, "absent")).isEqualTo("null");
        assertThat(links(dict)).isEqualTo(3);
        SERVICE.machine().service().stop();
        try {
            CompletableFuture.runAsync(handle::close).get(5, TimeUnit.SECONDS);
        } finally {
            SERVICE.machine().service().resume();
        }
        assertThatThrownBy(() -> handle.get("key")).isInstanceOf(IllegalStateException.class);
        other.closeHandles();
        Await.until(SOON, () -> "end of the links: " + dict.stats(), () -> links(dict) == 1);
        assertThat((byte[]) dict.get("key")).isEqualTo(Content.of(1, 100_000));
        dict.clear();
        Await.until(SOON, () -> "its blocks are free: " + dict.stats(),
                () -> dict.stats().managers().getFirst().usedBytes() == 0);
    }

    private static long links(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().counter("links");
    }

    @Test
    void serializeNamesClusterAndDictionaryAndAttachStartsAtCheckpointZero() throws IOException {
        DDict<String, Object> dict = create(workingSet(2).name("by-text"));
        assertThat(dict.serialize()).isEqualTo("ddict:1:" + SharedService.CLUSTER + ":by-text");
        dict.put("key", "zero");
        dict.checkpoint();
        dict.put("key", "one");
        assertThat(other.call("checkpointId", dict)).isEqualTo("0");
        assertThat(other.call("get", dict, "key")).isEqualTo("zero");
        // Not the text, but the folder of the user's clusters keeps others out.
        assertThat(PosixFilePermissions.toString(
                Files.getPosixFilePermissions(SERVICE.machine().userDirectory())))
                .isEqualTo("rwx------");
    }
}
