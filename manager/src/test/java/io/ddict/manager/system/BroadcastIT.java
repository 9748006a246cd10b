package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ddict.client.BroadcastRefusedException;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FrozenException;
import java.time.Duration;
import java.util.Collections;
import java.util.LongSummaryStatistics;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that have a copy at every manager. */
@Timeout(60)
class BroadcastIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final int MANAGERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 4_000, 5_000, 1_000_000})
    void storesACopyAtEveryManager(int length) {
        DDict<String, byte[]> dict = create();
        byte[] value = Content.of(length, length);
        dict.broadcastPut("key", value);
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo(value);
        }
        assertThat(dict.size()).isEqualTo(MANAGERS);
        assertThat(dict.keys()).hasSize(MANAGERS).allMatch("key"::equals);
        assertThat(dict.get("key")).isEqualTo(value);
        Threads.run(
                2 * MANAGERS, thread -> assertThat(dict.broadcastGet("key")).isEqualTo(value));
        assertThat(dict.broadcastGet("other")).isNull();
    }

    @Test
    void replacesAllCopiesAndPutOnlyOne() {
        DDict<String, Integer> dict = create();
        dict.broadcastPut("key", 1);
        dict.broadcastPut("key", 2);
        assertThat(dict.values()).containsExactly(2, 2, 2, 2);
        dict.put("key", 3);
        assertThat(dict.get("key")).isEqualTo(3);
        assertThat(dict.values()).containsExactlyInAnyOrder(2, 2, 2, 3);
        assertThat(dict.manager(dict.whichManager("key")).broadcastGet("key")).isEqualTo(3);
        dict.remove("key");
        assertThat(dict.size()).isEqualTo(MANAGERS - 1);
        dict.manager(1).broadcastPut("one", 1);
        assertThat(dict.manager(1).get("one")).isEqualTo(1);
        assertThat(dict.manager(0).get("one")).isNull();
    }

    @Test
    void spreadsReadersOverTheManagers() {
        DDict<String, Integer> dict = create();
        for (int manager = 0; manager < MANAGERS; manager++) {
            dict.manager(manager).put("key", manager);
        }
        Set<Integer> seen = Collections.newSetFromMap(new ConcurrentHashMap<>());
        Threads.run(4 * MANAGERS, thread -> {
            int first = dict.broadcastGet("key");
            seen.add(first);
            assertThat(dict.broadcastGet("key")).isEqualTo(first);
        });
        assertThat(seen).hasSizeGreaterThan(1);
    }

    // Of a longer one they would refer to another manager's: LendingIT.
    @Test
    void tellsWhichManagersHaveItWhenOthersAreFull() {
        int length = 100;
        DDict<Object, byte[]> dict = create();
        byte[] value = Content.of(1, length);
        dict.broadcastPut("key", value);
        fill(dict.manager(1), length);
        fill(dict.manager(3), length);
        byte[] next = Content.of(2, length);
        BroadcastRefusedException refusal = catchThrowableOfType(
                BroadcastRefusedException.class, () -> dict.broadcastPut("new", next));
        assertThat(refusal.status()).isEqualTo(DDictException.Status.FULL);
        assertThat(refusal.stored()).containsExactly(0, 2);
        assertThat(refusal.refused().keySet()).containsExactlyInAnyOrder(1, 3);
        assertThat(refusal.refused().values())
                .allSatisfy(cause -> assertThat(cause).isInstanceOf(DDictFullException.class));
        assertThat(refusal).hasMessageStartingWith(
                "broadcast was refused by some managers: refused=[1, 3], stored=[0, 2],"
                        + " the first: ");
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(dict.manager(manager).get("new"))
                    .isEqualTo(manager % 2 == 0 ? next : null);
            assertThat(dict.manager(manager).get("key")).isEqualTo(value);
        }
        fill(dict.manager(0), length);
        fill(dict.manager(2), length);
        assertThatThrownBy(() -> dict.broadcastPut("newer", value))
                .isInstanceOf(DDictFullException.class);
    }

    private static void fill(DDict<Object, byte[]> manager, int length) {
        byte[] value = new byte[length];
        // What was taken before the manager noticed may be refused a little later.
        for (int refusals = 0, i = 0; refusals < 20; i++) {
            try {
                manager.put(i, value);
            } catch (DDictFullException e) {
                refusals++;
                assertThat(manager.size()).isPositive();
            }
        }
    }

    @Test
    void isRefusedByAFrozenDictionary() {
        DDict<String, Integer> dict = create();
        dict.broadcastPut("key", 1);
        dict.freeze();
        assertThatThrownBy(() -> dict.broadcastPut("key", 2)).isInstanceOf(FrozenException.class);
        assertThat(dict.broadcastGet("key")).isEqualTo(1);
        dict.unfreeze();
        dict.broadcastPut("key", 2);
        assertThat(dict.values()).containsOnly(2);
    }

    @Test
    void belongsToItsCheckpoint() {
        DDict<String, Integer> dict = create(DDictConfig.builder().workingSetSize(2));
        dict.broadcastPut("key", 0);
        dict.checkpoint();
        dict.broadcastPut("key", 1);
        dict.rollback();
        assertThat(dict.values()).containsOnly(0).hasSize(MANAGERS);
        dict.checkpointId(2);
        dict.manager(2).put("other", 2);
        assertThat(dict.manager(2).size()).isEqualTo(2); // the manager has come to it
        dict.checkpointId(0);
        BroadcastRefusedException refusal = catchThrowableOfType(
                BroadcastRefusedException.class, () -> dict.broadcastPut("key", 5));
        assertThat(refusal.status()).isEqualTo(DDictException.Status.RETIRED);
        assertThat(refusal.stored()).containsExactly(0, 1, 3);
        dict.checkpointId(3);
        dict.broadcastPut("key", 3);
        assertThat(dict.values()).containsOnly(3, 2);
        dict.checkpointId(1);
        assertThatThrownBy(() -> dict.broadcastPut("key", 5))
                .isInstanceOf(CheckpointRetiredException.class);
    }

    @Test
    void waitsForAllManagersAtTheSameTime() {
        DDict<String, Integer> dict = create(
                DDictConfig.builder().workingSetSize(2).waitForKeys(true));
        dict.broadcastPut("key", 0);
        dict.checkpointId(2);
        DDict<String, Integer> hasty = dict.withTimeout(PATIENCE);
        long startNs = System.nanoTime();
        assertThatThrownBy(() -> hasty.broadcastPut("key", 2))
                .isInstanceOf(DDictTimeoutException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                .isLessThan(PATIENCE.multipliedBy(MANAGERS - 1));
        try (DDict<String, Integer> other = DDict.attach(dict.serialize())) {
            other.checkpoint();
            other.broadcastPut("key", 1);
        }
        dict.broadcastPut("key", 2);
        assertThat(dict.values()).containsOnly(2).hasSize(MANAGERS);
        assertThatThrownBy(() -> hasty.broadcastGet("absent"))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @Test
    void refusesMistakesBeforeAnythingIsSent() {
        DDict<Object, Object> dict = create();
        assertThatThrownBy(() -> dict.broadcastPut(null, 1))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> dict.broadcastPut("key", null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> dict.broadcastGet(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> dict.broadcastPut("key", new Thread()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> dict.broadcastPut("k".repeat(70_000), 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(dict.isEmpty()).isTrue();
        DDict<Object, Object> closed = DDict.attach(dict.serialize());
        closed.close();
        assertThatThrownBy(() -> closed.broadcastPut("key", 1))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> closed.broadcastPut("key", new byte[100_000]))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void endsWithAllCopiesAlikeWhenThreadsBroadcastOneAfterTheOther() {
        DDict<String, long[]> dict = create();
        Object turn = new Object();
        Threads.run(4, thread -> {
            for (int i = 0; i < 100; i++) {
                synchronized (turn) {
                    dict.broadcastPut("key", new long[]{thread, i});
                }
            }
        });
        assertThat(dict.values()).hasSize(MANAGERS);
        long[] first = dict.broadcastGet("key");
        assertThat(dict.values()).allSatisfy(copy -> assertThat(copy).isEqualTo(first));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2_000})
    void leavesWholeCopiesWhenItsProcessIsKilled(int length) {
        DDict<String, long[]> dict = create();
        for (int kill = 0; kill < 3; kill++) {
            ChildProcess child = SERVICE.machine()
                    .start(BroadcastRole.class, dict.serialize(), String.valueOf(length));
            long told = 0;
            for (int i = 0; i < 200 + 50 * kill; i++) {
                told = Long.parseLong(child.await("stored "));
            }
            child.kill();
            child.awaitEnd();
            SERVICE.machine().forget(child);
            LongSummaryStatistics copies = IntStream.range(0, MANAGERS)
                    .mapToLong(manager -> dict.manager(manager).getOrThrow(BroadcastRole.KEY)[0])
                    .summaryStatistics();
            assertThat(copies.getMin()).isGreaterThanOrEqualTo(told);
            // It was within one broadcast: copies are of that one, or of the one before.
            assertThat(copies.getMax() - copies.getMin()).isLessThanOrEqualTo(1);
            dict.broadcastPut(BroadcastRole.KEY, new long[]{-1});
            assertThat(dict.values()).allMatch(copy -> copy[0] == -1);
        }
    }

    private static <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder());
    }

    private static <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        return SERVICE.create(
                config.managersPerNode(MANAGERS).totalMemory(ByteSize.mib(4 * MANAGERS)));
    }
}
