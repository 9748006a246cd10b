package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.Batch;
import io.ddict.client.BatchResult;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FutureCheckpointException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that wait for keys or for writers: what they wait for, what wakes them, and what ends them. */
@Timeout(60)
class CheckpointWaitsIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration BRIEFLY = Duration.ofMillis(100);

    private static DDict<String, Object> create(DDictConfig.Builder config) {
        return SERVICE.create(config.workingSetSize(2).totalMemory(ByteSize.mib(16)));
    }

    private static DDict<String, Object> waitingForKeys() {
        return create(DDictConfig.builder().waitForKeys(true));
    }

    private static DDict<String, Object> waitingForWriters() {
        return create(DDictConfig.builder().waitForWriters(true));
    }

    private static DDict<String, Object> attach(DDict<String, Object> dict, long checkpoint) {
        DDict<String, Object> attached =
                SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS);
        attached.checkpointId(checkpoint);
        return attached;
    }

    private static void assertWaits(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(DDictTimeoutException.class);
    }

    /** Checks that a call waits, makes something happen, and returns what the call returns then. */
    private static <T> T woken(CompletableFuture<T> waiting, Runnable by) throws Exception {
        assertThatThrownBy(() -> waiting.get(100, TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        by.run();
        return waiting.get(10, TimeUnit.SECONDS);
    }

    private static void awaitDeferred(DDict<String, Object> dict, long count) {
        Await.until(
                Duration.ofSeconds(10),
                () -> "deferred writes",
                () -> dict.stats().managers().getFirst().counters().get("writes-deferred")
                        >= count);
    }

    @Test
    void waitsForAKeyThatIsNowhereUntilItIsPut() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        DDict<String, Object> other = attach(dict, 0);
        assertWaits(() -> dict.withTimeout(BRIEFLY).get("key"));
        assertWaits(() -> dict.withTimeout(BRIEFLY).get("key", "default"));
        assertWaits(() -> dict.withTimeout(BRIEFLY).remove("key"));
        assertThat(dict.containsKey("key")).isFalse();
        assertThat(woken(dict.async().get("key"), () -> other.put("key", 1L))).isEqualTo(1L);
    }

    @Test
    void neverWaitsToPutIfAbsent() {
        DDict<String, Object> dict = waitingForKeys();
        assertThat(dict.putIfAbsent("key", 1L)).isNull();
        assertThat(dict.putIfAbsent("key", 2L)).isEqualTo(1L);
    }

    @Test
    void waitsForAKeyThatOnlyAnOlderCheckpointHas() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("key", 1L);
        dict.putPersistent("carried", 2L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("other", 0L);
        assertThat(next.get("carried")).isEqualTo(2L);
        assertThat(next.containsKey("key")).isFalse();
        assertThat(next.containsKey("carried")).isTrue();
        assertWaits(() -> next.withTimeout(BRIEFLY).get("key"));
        assertWaits(() -> next.withTimeout(BRIEFLY).remove("key"));
        dict.checkpoint();
        assertThat(woken(next.async().get("key"), () -> dict.put("key", 3L))).isEqualTo(3L);
        dict.rollback();
        assertThat(dict.get("key")).isEqualTo(1L);
    }

    @Test
    void readsACarriedKeyBeyondTheNewestAtOnceAndWaitsForOthers() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("key", 1L);
        dict.putPersistent("carried", 2L);
        DDict<String, Object> beyond = attach(dict, 1);
        assertThat(beyond.get("carried")).isEqualTo(2L);
        assertThat(beyond.containsKey("carried")).isTrue();
        assertThat(beyond.containsKey("key")).isFalse();
        assertThat(beyond.size()).isEqualTo(1);
        assertWaits(() -> beyond.withTimeout(BRIEFLY).get("key"));
        assertWaits(() -> beyond.withTimeout(BRIEFLY).remove("key"));
        dict.checkpoint();
        assertThat(woken(beyond.async().get("key"), () -> dict.put("key", 3L))).isEqualTo(3L);
    }

    @Test
    void findsADeletedKeyAbsentAtOnce() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        DDict<String, Object> other = attach(dict, 0);
        dict.put("key", 1L);
        assertThat(dict.remove("key")).isEqualTo(1L);
        assertThat(dict.get("key")).isNull();
        assertThat(dict.remove("key")).isNull();
        dict.put("second", 1L);
        other.checkpoint();
        other.put("third", 1L);
        assertThat(dict.containsKey("third")).isFalse();
        assertThat(woken(dict.async().get("later"), () -> {
            other.rollback();
            other.put("later", 5L);
            other.remove("later");
        })).isIn(5L, null);
    }

    @Test
    void retiresTheOldestWhenEachOfItsKeysExistsInTheNext() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        dict.put("b", 2L);
        dict.put("c", 3L);
        dict.putPersistent("carried", 4L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("a", 11L);
        DDict<String, Object> beyond = attach(dict, 2);
        assertWaits(() -> beyond.withTimeout(BRIEFLY).put("a", 21L));
        CompletableFuture<Void> waiting = beyond.async().put("a", 22L);
        woken(waiting, () -> {
            next.put("b", 12L);
            next.put("c", 13L);
        });
        assertThat(beyond.get("a")).as("what timed out is not applied later").isEqualTo(22L);
        assertThat(beyond.get("carried")).isEqualTo(4L);
        assertThatThrownBy(() -> dict.get("a")).isInstanceOf(CheckpointRetiredException.class);
        assertThat(next.get("c")).isEqualTo(13L);
    }

    @Test
    void takesARemovalInTheNextForHandled() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("other", 1L);
        DDict<String, Object> beyond = attach(dict, 2);
        CompletableFuture<Long> waiting = beyond.async().getAndAdd("n", 5);
        assertThat(woken(waiting, () -> {
            next.put("a", 1L);
            next.remove("a");
        })).isZero();
    }

    @Test
    void carriesOverTheSumOfADeferredAddition() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("other", 1L);
        DDict<String, Object> beyond = attach(dict, 2);
        CompletableFuture<Long> waiting = beyond.async().getAndAdd("n", 5);
        assertThat(woken(waiting, () -> next.put("a", 1L))).isZero();
        beyond.checkpoint();
        assertThat(beyond.get("n")).isEqualTo(5L);
    }

    @Test
    void defersLargeValuesAndGivesTheirMemoryBackWhenTheyTimeOut() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("other", 1L);
        DDict<String, Object> beyond = attach(dict, 2);
        byte[] large = Content.of(1, 1_000_000);
        for (int i = 0; i < 30; i++) {
            assertWaits(() -> beyond.withTimeout(Duration.ofMillis(20)).put("large", large));
        }
        woken(beyond.async().put("large", large), () -> next.put("a", 2L));
        assertThat((byte[]) beyond.get("large")).isEqualTo(large);
    }

    @Test
    void endsAWaitingReadWhoseCheckpointRetires() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        CompletableFuture<Object> waiting = dict.async().get("never");
        CompletableFuture<Void> awaiting =
                dict.async().awaitValue("never", 1L, Duration.ofSeconds(20));
        DDict<String, Object> others = attach(dict, 2);
        assertThatThrownBy(() -> woken(waiting, () -> others.put("key", 1L)))
                .hasCauseInstanceOf(CheckpointRetiredException.class);
        assertThatThrownBy(() -> awaiting.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(CheckpointRetiredException.class);
    }

    @Test
    void waitsForWritersToGoOn() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        DDict<String, Object> second = attach(dict, 0);
        dict.put("a", 1L);
        second.put("b", 1L);
        dict.checkpoint();
        dict.put("a", 2L);
        dict.checkpoint();
        assertWaits(() -> dict.withTimeout(BRIEFLY).put("a", 3L));
        woken(dict.async().put("a", 4L), second::checkpoint);
        assertThat(dict.get("a")).isEqualTo(4L);
        assertThat(dict.get("b")).isEqualTo(1L);
    }

    @Test
    void waitsNoLongerForAWriterThatClosedItsHandle() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        DDict<String, Object> second = attach(dict, 0);
        second.put("b", 1L);
        dict.checkpointId(1);
        dict.put("a", 2L);
        dict.checkpointId(2);
        woken(dict.async().put("a", 4L), second::close);
        assertThat(dict.get("a")).isEqualTo(4L);
    }

    @Test
    void waitsNoLongerForAWriterThatDied() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        ChildProcess writer = SERVICE.machine().start(CheckpointRole.class, dict.serialize());
        writer.await("written");
        dict.checkpointId(1);
        dict.put("a", 2L);
        dict.checkpointId(2);
        woken(dict.async().put("a", 4L), writer::kill);
        assertThat(dict.get("a")).isEqualTo(4L);
        int _ = writer.awaitEnd();
        SERVICE.machine().forget(writer);
    }

    @Test
    void goesOnForOthersWhenAClientIsKilledInMidWait() throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        attach(dict, 1).put("other", 1L);
        ChildProcess waiting =
                SERVICE.machine().start(CheckpointRole.class, dict.serialize(), "2");
        waiting.await("waiting");
        DDict<String, Object> beyond = attach(dict, 2);
        CompletableFuture<Void> put = beyond.async().put("b", 5L);
        awaitDeferred(dict, 2);
        waiting.kill();
        DDict<String, Object> next = attach(dict, 1);
        woken(put, () -> next.put("a", 2L));
        assertThat(beyond.get("b")).isEqualTo(5L);
        assertThat(beyond.containsKey("child")).as("a dead client's deferred put").isFalse();
        int _ = waiting.awaitEnd();
        SERVICE.machine().forget(waiting);
    }

    @Test
    void readsBeyondTheNewestAfterWritesThatAreDeferredForIt() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        DDict<String, Object> slow = attach(dict, 0);
        slow.put("a", 1L);
        dict.checkpointId(1);
        dict.put("a", 2L);
        dict.checkpointId(2);
        CompletableFuture<Void> put = dict.async().put("a", 3L);
        awaitDeferred(dict, 1);
        DDict<String, Object> reader = attach(dict, 2);
        assertThat(woken(reader.async().get("a"), slow::checkpoint)).isEqualTo(3L);
        put.get(10, TimeUnit.SECONDS);
    }

    @Test
    void appliesDeferredWritesOnceUnfrozen() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        DDict<String, Object> slow = attach(dict, 0);
        slow.put("a", 1L);
        dict.checkpointId(1);
        dict.put("a", 2L);
        dict.checkpointId(2);
        CompletableFuture<Void> put = dict.async().put("a", 3L);
        awaitDeferred(dict, 1);
        slow.freeze();
        slow.checkpoint();
        woken(put, slow::unfreeze);
        assertThat(dict.get("a")).isEqualTo(3L);
    }

    @Test
    void appliesWhatSeveralWaitForOrTellsThemThatTheyAreTooLate() throws Exception {
        DDict<String, Object> dict = waitingForWriters();
        DDict<String, Object> slow = attach(dict, 0);
        slow.put("a", 1L);
        dict.checkpointId(1);
        dict.put("a", 2L);
        List<CompletableFuture<Long>> adds = new ArrayList<>();
        for (long at = 2; at < 10; at++) {
            DDict<String, Object> own = attach(dict, at);
            adds.add(own.async().getAndAdd("n", 1).whenComplete((_, _) -> own.checkpointId(100)));
        }
        awaitDeferred(dict, 8);
        dict.checkpointId(100);
        slow.checkpointId(100);
        long applied = 0;
        for (CompletableFuture<Long> each : adds) {
            try {
                assertThat(each.get(10, TimeUnit.SECONDS)).isLessThan(8);
                applied++;
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(CheckpointRetiredException.class);
            }
        }
        assertThat(dict.syncToNewestCheckpoint()).isEqualTo(9);
        assertThat(dict.get("n")).isEqualTo(applied);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void refusesInABatchWhatCannotBeReachedYet(int length) throws Exception {
        DDict<String, Object> dict = waitingForKeys();
        dict.put("a", 1L);
        DDict<String, Object> next = attach(dict, 1);
        next.put("other", 1L);
        DDict<String, Object> beyond = attach(dict, 2);
        Batch<String, Object> early = beyond.batch();
        early.put("b", Content.of(1, length));
        BatchResult<String> refused = early.end();
        assertThat(refused.stored()).isZero();
        assertThat(refused.refused()).singleElement()
                .satisfies(each -> assertThat(each.cause())
                        .isInstanceOf(FutureCheckpointException.class));
        next.put("a", 2L);
        try (Batch<String, Object> batch = beyond.batch()) {
            batch.put("b", Content.of(2, length));
            batch.put("c", Content.of(3, length));
        }
        assertThat((byte[]) beyond.get("b")).isEqualTo(Content.of(2, length));
        assertThat((byte[]) beyond.get("c")).isEqualTo(Content.of(3, length));
    }

    @Test
    void keepsABatchAtTheCheckpointThatItBeganAt() {
        DDict<String, Object> dict = create(DDictConfig.builder());
        Batch<String, Object> batch = dict.batch();
        batch.put("a", 1L);
        assertThatThrownBy(dict::checkpoint).isInstanceOf(DDictException.class)
                .hasMessageContaining("batches=1, checkpoint=0");
        batch.put("b", 1L);
        assertThat(batch.end().stored()).isEqualTo(2);
        dict.checkpoint();
        dict.put("a", 2L);
        dict.rollback();
        assertThat(dict.get("a")).isEqualTo(1L);
        dict.checkpointId(5);
        dict.put("a", 3L);
        assertThat(dict.get("a")).isEqualTo(3L);
        dict.checkpointId(0);
        Batch<String, Object> late = dict.batch();
        late.put("a", 4L);
        assertThat(late.end().refused()).singleElement()
                .satisfies(each -> assertThat(each.cause())
                        .isInstanceOf(CheckpointRetiredException.class));
    }
}
