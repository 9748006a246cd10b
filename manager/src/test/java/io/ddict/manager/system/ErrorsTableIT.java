package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every row of the contract's table of errors: which class and status, and what was changed. */
@Timeout(60)
class ErrorsTableIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration BRIEFLY = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final byte[] TOO_LARGE = new byte[32 << 20];
    // Some for each of two managers, whatever the dictionary's seed; all but once in a million.
    private static final List<String> KEYS =
            IntStream.range(0, 20).mapToObj(number -> "key" + number).toList();

    @TempDir
    Path directory;

    private static DDict<String, Object> create(DDictConfig.Builder config) {
        return SERVICE.create(config.totalMemory(ByteSize.mib(16)));
    }

    private static DDict<String, Object> attach(DDict<String, Object> dict, long checkpoint) {
        DDict<String, Object> attached =
                SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS);
        attached.checkpointId(checkpoint);
        return attached;
    }

    private static DDict<String, Object> filled(DDictConfig.Builder config) {
        DDict<String, Object> dict = create(config);
        dict.put("text", "value");
        dict.put("counter", 7L);
        return dict;
    }

    private static void assertThrows(
            Class<? extends DDictException> type, Status status, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isExactlyInstanceOf(type)
                .isInstanceOfSatisfying(
                        DDictException.class, e -> assertThat(e.status()).isEqualTo(status));
    }

    /** What a dictionary shows, with versions. */
    private static Map<String, Object> content(DDict<String, Object> dict) {
        Map<String, Object> content = new HashMap<>();
        for (String key : dict.keys()) {
            content.put(key, dict.getVersioned(key));
        }
        return content;
    }

    private static void assertChangesNothing(
            DDict<String, Object> seen, Class<? extends DDictException> type, Status status,
            ThrowingCallable call) {
        Map<String, Object> before = content(seen);
        assertThrows(type, status, call);
        assertThat(content(seen)).isEqualTo(before);
    }

    @Test
    void fullKeepsTheOldValue() {
        DDict<String, Object> dict = filled(DDictConfig.builder());
        List<ThrowingCallable> writes = List.of(
                () -> dict.put("text", TOO_LARGE),
                () -> dict.put("new", TOO_LARGE),
                () -> dict.putIfAbsent("new", TOO_LARGE),
                () -> dict.replace("text", TOO_LARGE),
                () -> dict.compareAndSet("new", 0, TOO_LARGE),
                () -> dict.putAll(Map.of("text", TOO_LARGE)));
        for (ThrowingCallable write : writes) {
            assertChangesNothing(dict, DDictFullException.class, Status.FULL, write);
        }
    }

    @Test
    void timeoutEndsACallAndSaysWhatItWaitedFor() {
        DDict<String, Object> dict =
                filled(DDictConfig.builder().workingSetSize(2).waitForKeys(true));
        assertChangesNothing(dict, DDictTimeoutException.class, Status.TIMEOUT,
                () -> dict.withTimeout(BRIEFLY).get("nowhere"));
        assertThatThrownBy(() -> dict.awaitValue("text", "never", Duration.ofMillis(30)))
                .isInstanceOf(DDictTimeoutException.class)
                .hasMessageMatching("time over: the manager did not answer in time,"
                        + " timeout=30ms, .*, keyHash=0x[0-9a-f]+, manager=0");
    }

    @Test
    void timeoutLeavesTheOutcomeOfAWriteUnknown() {
        DDict<String, Object> dict =
                create(DDictConfig.builder().workingSetSize(2).waitForWriters(true));
        DDict<String, Object> brief = dict.withTimeout(BRIEFLY);
        SERVICE.machine().service().stop();
        try {
            assertThrows(DDictTimeoutException.class, Status.TIMEOUT,
                    () -> brief.getAndAdd("counter", 5));
        } finally {
            SERVICE.machine().service().resume();
        }
        assertThat(dict.get("counter")).as("it had been posted").isEqualTo(5L);
        DDict<String, Object> slow = attach(dict, 0);
        slow.put("text", "zero");
        dict.checkpointId(1);
        dict.put("text", "one");
        dict.checkpointId(2);
        assertThrows(DDictTimeoutException.class, Status.TIMEOUT,
                () -> brief.put("text", "two"));
        slow.checkpointId(2);
        dict.put("other", "two");
        assertThat(dict.get("text")).as("it had been deferred").isEqualTo("one");
    }

    @Test
    void retiredIsToldOfACheckpointThatIsHeldNoLonger() {
        DDict<String, Object> dict = filled(DDictConfig.builder());
        DDict<String, Object> behind = attach(dict, 0);
        dict.checkpoint();
        dict.put("text", "newer");
        List<ThrowingCallable> calls = List.of(
                () -> behind.get("text"), () -> behind.put("text", "late"),
                () -> behind.remove("text"), () -> behind.getAndAdd("counter", 1),
                behind::clear, behind::size);
        for (ThrowingCallable call : calls) {
            assertChangesNothing(dict, CheckpointRetiredException.class, Status.RETIRED, call);
        }
    }

    @Test
    void futureIsTheCauseOfABatchsRefusedKeys() {
        DDict<String, Object> dict = filled(DDictConfig.builder().workingSetSize(2)
                .waitForKeys(true));
        DDict<String, Object> ahead = attach(dict, 5);
        Map<String, Object> before = content(dict);
        Batch<String, Object> batch = ahead.batch();
        batch.put("text", "early");
        assertThat(batch.end().refused()).singleElement().satisfies(each -> {
            assertThat(each.cause()).isInstanceOf(FutureCheckpointException.class);
            assertThat(each.cause().status()).isEqualTo(Status.FUTURE);
        });
        assertThat(content(dict)).isEqualTo(before);
    }

    @Test
    void frozenRefusesEveryWrite() {
        DDict<String, Object> dict = filled(DDictConfig.builder());
        dict.freeze();
        List<ThrowingCallable> writes = List.of(
                () -> dict.put("text", "new"), () -> dict.putIfAbsent("new", "new"),
                () -> dict.remove("text"), () -> dict.getAndAdd("counter", 1), dict::clear,
                () -> dict.broadcastPut("text", "new"), () -> dict.putAll(Map.of("new", 1)));
        for (ThrowingCallable write : writes) {
            assertChangesNothing(dict, FrozenException.class, Status.FROZEN, write);
        }
    }

    @Test
    void typeIsToldOfAValueThatIsNoInteger() {
        DDict<String, Object> dict = filled(DDictConfig.builder());
        assertChangesNothing(dict, DDictException.class, Status.TYPE,
                () -> dict.getAndAdd("text", 1));
    }

    @Test
    void persistedCheckpointUnavailableIsToldOfOneThatIsNotThere() {
        DDict<String, Object> dict = filled(
                DDictConfig.builder().name("errors").persister("posix").persistPath(directory));
        dict.persist();
        assertChangesNothing(dict, PersistedCheckpointUnavailableException.class,
                Status.NOT_PERSISTED, () -> dict.restore(7));
        assertThat(dict.checkpointId()).isZero();
    }

    @Test
    void unavailableIsToldOfAPersistedCheckpointThatIsDamaged() throws Exception {
        DDict<String, Object> dict = filled(
                DDictConfig.builder().name("errors").persister("posix").persistPath(directory));
        dict.persist();
        Path file = directory.resolve("errors/0-0.checkpoint");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        dict.put("text", "newer");
        assertChangesNothing(
                dict, DDictException.class, Status.UNAVAILABLE, () -> dict.restore(0));
    }

    @Test
    void destroyedIsToldToAllOthers() {
        DDict<String, Object> dict =
                filled(DDictConfig.builder().workingSetSize(2).waitForKeys(true));
        DDict<String, Object> other = attach(dict, 0);
        CompletableFuture<Object> reading = other.async().get("nowhere");
        CompletableFuture<Void> writing = attach(dict, 5).async().put("text", "early");
        Await.until(SOON, () -> "deferred put", () -> dict.stats().managers().getFirst()
                .counter("writes-deferred") == 1);
        dict.destroy();
        for (CompletableFuture<?> waiting : List.of(reading, writing)) {
            assertThat(waiting).failsWithin(SOON).withThrowableThat()
                    .withCauseInstanceOf(DestroyedException.class);
        }
        List<ThrowingCallable> calls = List.of(
                () -> other.get("text"), () -> other.put("text", "late"), other::size,
                () -> DDict.attach(other.serialize()));
        for (ThrowingCallable call : calls) {
            assertThrows(DestroyedException.class, Status.DESTROYED, call);
        }
    }

    @Test
    void tellKeyManagerAndTimeOfTheCallThatFailed() {
        DDict<String, Object> dict = createOfTwo(
                DDictConfig.builder().workingSetSize(2).waitForKeys(true));
        DDict<String, Object> brief = dict.withTimeout(BRIEFLY);
        for (String key : KEYS) {
            assertTells(dict, key, Duration.ZERO, () -> dict.put(key, TOO_LARGE));
            assertTells(dict, key, BRIEFLY, () -> brief.get(key));
            dict.put(key, "text");
            assertTells(dict, key, Duration.ZERO, () -> dict.getAndAdd(key, 1));
            assertTells(dict, key, Duration.ZERO, () -> {
                try (Batch<String, Object> batch = dict.batch()) {
                    batch.put(key, TOO_LARGE);
                }
            });
        }
        dict.freeze();
        for (String key : KEYS) {
            assertTells(dict, key, Duration.ZERO, () -> dict.put(key, 1));
            assertTells(dict, key, Duration.ZERO, () -> dict.remove(key));
        }
    }

    @Test
    void tellKeyAndManagerOfACallThatCameTooLate() {
        DDict<String, Object> dict = createOfTwo(DDictConfig.builder());
        DDict<String, Object> behind = attach(dict, 0);
        dict.checkpoint();
        dict.putAll(KEYS.stream().collect(Collectors.toMap(key -> key, key -> "text")));
        assertThat(dict.size()).as("applied").isEqualTo(KEYS.size());
        for (String key : KEYS) {
            assertTells(dict, key, Duration.ZERO, () -> behind.put(key, "late"));
            assertTells(dict, key, Duration.ZERO, () -> behind.get(key));
        }
        DDict<String, Object> other = attach(dict, 1);
        dict.destroy();
        KEYS.forEach(key -> assertTells(other, key, Duration.ZERO, () -> other.get(key)));
    }

    private static DDict<String, Object> createOfTwo(DDictConfig.Builder config) {
        DDict<String, Object> dict =
                SERVICE.create(config.managersPerNode(2).totalMemory(ByteSize.mib(32)));
        assertThat(KEYS.stream().map(dict::whichManager)).contains(0, 1);
        return dict;
    }

    private static void assertTells(
            DDict<String, Object> dict, String key, Duration waited, ThrowingCallable call) {
        long hash = dict.inspector().keyHash(key);
        int manager = dict.inspector().manager(key);
        assertThatThrownBy(call).isInstanceOfSatisfying(DDictException.class, e -> {
            assertThat(e.keyHash()).as(e.toString()).hasValue(hash);
            assertThat(e.manager()).hasValue(manager);
            assertThat(e.elapsed().orElseThrow()).isGreaterThanOrEqualTo(waited);
            assertThat(e.getMessage())
                    .contains("keyHash=0x" + Long.toHexString(hash), "manager=" + manager);
        });
    }

    @Test
    void tellTheManagerOnlyOfACallWithoutAKey() {
        DDict<String, Object> dict = create(
                DDictConfig.builder().persister("posix").name("keyless").persistPath(directory));
        dict.put("key", "value");
        dict.freeze();
        assertTellsManagerOnly(Status.FROZEN, dict::clear);
        dict.unfreeze();
        assertThatThrownBy(() -> dict.restore(7)).isInstanceOfSatisfying(
                DDictException.class, e -> {
                    assertThat(e.keyHash()).isEmpty();
                    assertThat(e.manager()).as("the node service refused it").isEmpty();
                    assertThat(e.elapsed()).isEmpty();
                });
        DDict<String, Object> brief = dict.withTimeout(BRIEFLY);
        SERVICE.machine().service().stop();
        try {
            assertTellsManagerOnly(Status.TIMEOUT, brief::clear);
            assertTellsManagerOnly(Status.TIMEOUT, brief::size);
        } finally {
            SERVICE.machine().service().resume();
        }
    }

    private static void assertTellsManagerOnly(Status status, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(DDictException.class, e -> {
            assertThat(e.status()).isEqualTo(status);
            assertThat(e.keyHash()).isEmpty();
            assertThat(e.manager()).hasValue(0);
            assertThat(e.elapsed()).isPresent();
            assertThat(e.getMessage()).doesNotContain("keyHash=").contains("manager=0");
        });
    }

    @Test
    void badArgumentsAreRefusedBeforeAnythingIsSent() {
        DDict<Object, Object> dict = SERVICE.create();
        dict.put("key", "value");
        assertThat(dict.size()).isEqualTo(1);
        long posted = posted(dict);
        BadInputIT.keyCalls().forEach((name, call) -> {
            assertThatThrownBy(() -> call.on(dict, null)).as(name)
                    .isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> call.on(dict, new byte[70_000])).as(name)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> call.on(dict, new Object())).as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        });
        BadInputIT.valueCalls().forEach((name, call) -> {
            assertThatThrownBy(() -> call.on(dict, null)).as(name)
                    .isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> call.on(dict, new Thread())).as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        });
        List<ThrowingCallable> calls = List.of(
                () -> dict.compareAndSet("key", -1, "new"),
                () -> dict.checkpointId(-1),
                () -> dict.manager(1),
                () -> dict.withTimeout(Duration.ofNanos(-1)),
                () -> dict.awaitValue("key", "value", Duration.ofNanos(-1)),
                () -> dict.get("key", MemorySegment.ofArray(new byte[1])),
                () -> DDict.attach("no handle"));
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(posted(dict)).isEqualTo(posted);
        assertThat(dict.entries()).containsExactly(Map.entry("key", "value"));
    }

    private static long posted(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().posted();
    }
}
