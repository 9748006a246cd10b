package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Batch;
import io.ddict.client.BatchRefusedException;
import io.ddict.client.BatchResult;
import io.ddict.client.BatchResult.Refused;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.KeyBytes;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.MappedPool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Puts that are sent together. The seed of random tests is printed; {@code -Dddict.batch.seed=…} repeats
 * them.
 */
class BatchIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.batch.seed", System.nanoTime());
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int KILLS = 3;

    @Test
    void storesNothingBeforeItEndsAndThenAll() {
        DDict<String, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        dict.put("0", -1);
        try (DDict<String, Integer> other = DDict.attach(dict.serialize())) {
            Batch<String, Integer> batch = dict.batch();
            for (int i = 0; i < 100; i++) {
                batch.put(String.valueOf(i), i);
            }
            assertThat(dict.size()).isEqualTo(1);
            assertThat(dict.get("0")).isEqualTo(-1);
            BatchResult<String> result = batch.end();
            assertThat(result.stored()).isEqualTo(100);
            assertThat(result.refused()).isEmpty();
            assertThat(other.size()).isEqualTo(100);
            for (int i = 0; i < 100; i++) {
                assertThat(other.get(String.valueOf(i))).isEqualTo(i);
            }
        }
    }

    @Test
    void keepsItsHandleAtItsCheckpointUntilAllBatchesHaveEnded() {
        DDict<String, Integer> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).workingSetSize(2));
        DDict<String, Integer> shard = dict.manager(1);
        Batch<String, Integer> first = dict.withTimeout(SOON).batch();
        Batch<String, Integer> second = dict.batch();
        assertThat(shard.checkpoint()).as("a handle of its own").isEqualTo(1);
        first.end();
        first.close();
        assertThatThrownBy(dict::checkpoint)
                .isInstanceOfSatisfying(DDictException.class, e -> assertThat(e.status())
                        .isEqualTo(DDictException.Status.INVALID_OPERATION))
                .hasMessageStartingWith(
                        "handle cannot go to another checkpoint while batches of it are open:"
                                + " batches=1, checkpoint=0, dictionary=");
        assertThat(dict.checkpointId()).isZero();
        second.close();
        assertThat(dict.checkpoint()).isEqualTo(1);
        Batch<String, Integer> refused = dict.batch();
        dict.freeze();
        refused.put("key", 1);
        assertThatThrownBy(refused::close).isInstanceOf(BatchRefusedException.class);
        assertThat(dict.checkpoint()).isEqualTo(2);
    }

    @Test
    void storesAllOfPutAllWhereItBegan() {
        DDict<String, Integer> dict = SERVICE.create(DDictConfig.builder().workingSetSize(2));
        Map<String, Integer> moving = new LinkedHashMap<>(Map.of("key", 1)) {
            private static final long serialVersionUID = 1L;

            @Override
            public void forEach(java.util.function.BiConsumer<? super String, ? super Integer> to) {
                to.accept("before", 1);
                dict.checkpoint();
                to.accept("after", 1);
            }
        };
        dict.putAll(moving);
        dict.put("at 1", 1);
        assertThat(dict.keys()).containsExactlyInAnyOrder("before", "after", "at 1");
        dict.rollback();
        assertThat(dict.keys()).containsExactlyInAnyOrder("before", "after");
    }

    @Test
    void endsOnceWhateverItIsEndedBy() {
        DDict<String, Integer> dict = SERVICE.create();
        Batch<String, Integer> batch = dict.batch();
        batch.put("key", 1);
        assertThat(batch.end()).isSameAs(batch.end());
        batch.close();
        batch.close();
        assertThatThrownBy(() -> batch.put("key", 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("batch has ended: dictionary=" + dict.name());
        Batch<String, Integer> closed = dict.batch();
        closed.put("other", 1);
        closed.close();
        assertThat(closed.end().stored()).isEqualTo(1);
        assertThat(dict.get("key")).isEqualTo(1);
        assertThat(dict.get("other")).isEqualTo(1);
        try (Batch<String, Integer> empty = dict.batch()) {
            assertThat(empty.end()).isEqualTo(new BatchResult<>(0, List.of()));
        }
    }

    @Test
    void sendsAheadWhatHasGrownToItsBound() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(64)));
        for (int length : new int[]{8, 1_000, 4_000}) {
            dict.clear();
            Batch<Integer, byte[]> batch = dict.batch();
            int count = 0;
            while (dict.isEmpty()) {
                batch.put(count, Content.of(count, length));
                count++;
            }
            assertThat(count - 1).isLessThanOrEqualTo(CollectedPuts.COUNT_MAX);
            assertThat((count - 1) * (long) length).isLessThanOrEqualTo(CollectedPuts.LENGTH_MAX);
            assertThat((count - 1) * (length + 200L)).isGreaterThan(CollectedPuts.LENGTH_MAX / 2);
            batch.end();
            assertThat(dict.size()).isEqualTo(count);
        }
    }

    @Test
    void goesOnAfterWhatCannotBeEncoded() {
        DDict<Object, Object> dict = SERVICE.create();
        try (Batch<Object, Object> batch = dict.batch()) {
            batch.put("one", 1);
            assertThatThrownBy(() -> batch.put("key", new Thread()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> batch.put(new Object(), 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> batch.put("k".repeat(70_000), 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> batch.put(null, 1)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> batch.put("key", null))
                    .isInstanceOf(NullPointerException.class);
            batch.put("two", 2);
            assertThat(batch.end().stored()).isEqualTo(2);
        }
        assertThat(dict.getAll(List.of("one", "two", "key"))).isEqualTo(Map.of("one", 1, "two", 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void equalsAHashMap(int managers) {
        System.out.println("BatchIT: -Dddict.batch.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED + managers);
        DDict<Object, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(managers).totalMemory(ByteSize.mib(128)));
        Map<Object, byte[]> expected = new HashMap<>();
        for (int round = 0; round < 60; round++) {
            int count = random.nextInt(4) == 0 ? random.nextInt(4_000) : random.nextInt(50);
            long stored = 0;
            try (Batch<Object, byte[]> batch = dict.batch()) {
                for (int i = 0; i < count; i++) {
                    Object key = random.nextBoolean() ? random.nextInt(500) : "k" + i % 100;
                    byte[] value = Content.of(random.nextLong(), length(random));
                    batch.put(key, value);
                    expected.put(key, value);
                    stored++;
                }
                assertThat(batch.end()).isEqualTo(new BatchResult<>(stored, List.of()));
            }
            for (int i = 0; i < 20; i++) {
                Object key = random.nextInt(500);
                assertThat(dict.remove(key)).isEqualTo(expected.remove(key));
            }
            assertThat(dict.size()).isEqualTo(expected.size());
        }
        expected.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
    }

    @Test
    void isSeenByEveryReadAfterItsEnd() {
        DDict<Integer, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        try (DDict<Integer, Integer> other = DDict.attach(dict.serialize())) {
            for (int round = 0; round < 2_000; round++) {
                try (Batch<Integer, Integer> batch = dict.batch()) {
                    for (int key = 0; key < 20; key++) {
                        batch.put(key, round);
                    }
                }
                for (int key = 19; key >= 0; key--) {
                    assertThat(other.get(key)).isEqualTo(round);
                }
            }
        }
    }

    @Test
    void storesMoreThanStagingAndRingHold() {
        // The least memory: 128 slots, 128 KiB of staging.
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(4)));
        try (Batch<Integer, byte[]> batch = dict.batch()) {
            for (int i = 0; i < 20_000; i++) {
                batch.put(i % 50, Content.of(i, i % 3 == 0 ? 4_000 : 10));
            }
            assertThat(batch.end().stored()).isEqualTo(20_000);
        }
        for (int i = 19_950; i < 20_000; i++) {
            assertThat(dict.get(i % 50)).isEqualTo(Content.of(i, i % 3 == 0 ? 4_000 : 10));
        }
    }

    @Test
    void servesThreadsWithABatchEachBesideSinglePuts() {
        DDict<Integer, Long> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        Threads.run(6, thread -> {
            for (long round = 0; round < 200; round++) {
                int first = 1_000 * thread;
                if (thread < 4) {
                    try (Batch<Integer, Long> batch = dict.batch()) {
                        for (int i = 0; i < 300; i++) {
                            batch.put(first + i, round);
                        }
                    }
                } else {
                    for (int i = 0; i < 300; i++) {
                        dict.put(first + i, round);
                    }
                }
                assertThat(dict.get(first + (int) round)).isEqualTo(round);
            }
        });
        assertThat(dict.size()).isEqualTo(1_800);
        dict.values().forEach(value -> assertThat(value).isEqualTo(199));
    }

    @Test
    void tellsWhatAFullPoolRefusedAndStoresTheRest() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        Map<Integer, Integer> lengths = new HashMap<>();
        Batch<Integer, byte[]> batch = dict.batch();
        for (int key = 0; key < 30_000; key++) {
            int length = key % 7 == 0 ? 20 : key % 500 == 1 ? 30_000 : 1_500;
            lengths.put(key, length);
            batch.put(key, Content.of(key, length));
        }
        BatchResult<Integer> result = batch.end();
        Set<Integer> refused = new HashSet<>();
        for (Refused<Integer> each : result.refused()) {
            assertThat(each.cause()).isInstanceOf(DDictFullException.class)
                    .hasMessageContaining("memory pool full: recordLength=");
            assertThat(refused.add(each.key())).isTrue();
        }
        assertThat(refused).isNotEmpty();
        assertThat(result.stored()).isEqualTo(30_000 - refused.size()).isGreaterThan(5_000);
        assertThat(dict.size()).isEqualTo(result.stored());
        for (int key = 0; key < 30_000; key++) {
            byte[] expected =
                    refused.contains(key) ? null : Content.of(key, lengths.get(key));
            assertThat(dict.get(key)).isEqualTo(expected);
        }
        batch.close();
    }

    @Test
    void throwsAtItsCloseIfAKeyWasRefused() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(8)));
        assertThatThrownBy(() -> {
            try (Batch<Integer, byte[]> batch = dict.batch()) {
                batch.put(1, new byte[10]);
                batch.put(2, new byte[50_000_000]);
                batch.put(3, new byte[10]);
            }
        })
                .isInstanceOf(BatchRefusedException.class)
                .hasMessageStartingWith("keys of a batch were refused: refused=1, stored=2,"
                        + " the first: memory pool full: recordLength=")
                .hasCauseInstanceOf(DDictFullException.class)
                .satisfies(thrown -> {
                    BatchRefusedException e = (BatchRefusedException) thrown;
                    assertThat(e.status()).isEqualTo(DDictException.Status.FULL);
                    assertThat(e.result().stored()).isEqualTo(2);
                    assertThat(e.result().refused()).hasSize(1)
                            .allMatch(refused -> refused.key().equals(2));
                });
        assertThat(dict.getAll(List.of(1, 2, 3))).containsOnlyKeys(1, 3);
    }

    @Test
    void refusesNewKeysBeyondTheEntriesAndTakesOldOnes() {
        DDict<Integer, Integer> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).entriesMax(2_000));
        BatchResult<Integer> first = putNumbers(dict, 0, 5_000, 1);
        assertThat(first.stored()).isBetween(2_000L, 4_000L).isEqualTo(dict.size());
        assertThat(first.refused()).allSatisfy(
                each -> assertThat(each.cause()).hasMessageStartingWith("too many keys: entries="));
        BatchResult<Integer> second = putNumbers(dict, 0, 5_000, 2);
        assertThat(second.stored()).isEqualTo(first.stored());
        Set<Integer> absent = new HashSet<>();
        second.refused().forEach(each -> absent.add(each.key()));
        for (int key = 0; key < 5_000; key++) {
            assertThat(dict.get(key)).isEqualTo(absent.contains(key) ? null : (Integer) 2);
        }
    }

    @Test
    void isRefusedAsAWholeByAFrozenDictionary() {
        DDict<Integer, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        dict.put(1, 0);
        Batch<Integer, Integer> batch = dict.batch();
        batch.put(1, 1);
        dict.freeze();
        batch.put(2, 2);
        BatchResult<Integer> result = batch.end();
        assertThat(result.stored()).isZero();
        assertThat(result.refused()).hasSize(2).allSatisfy(
                each -> assertThat(each.cause()).isInstanceOf(FrozenException.class));
        assertThatThrownBy(() -> dict.putAll(Map.of(1, 1, 2, 2)))
                .isInstanceOf(FrozenException.class);
        assertThat(dict.get(1)).isZero();
        dict.unfreeze();
        assertThat(putNumbers(dict, 0, 10, 5).stored()).isEqualTo(10);
        assertThat(dict.size()).isEqualTo(10);
    }

    @Test
    void isRefusedByADictionaryThatIsGone() {
        DDict<Integer, Integer> dict = SERVICE.create();
        DDict<Integer, Integer> other = DDict.attach(dict.serialize());
        Batch<Integer, Integer> batch = other.batch();
        batch.put(1, 1);
        dict.destroy();
        assertThat(batch.end().refused()).hasSize(1).allSatisfy(
                each -> assertThat(each.cause()).isInstanceOf(DestroyedException.class));
        Batch<Integer, Integer> late = other.batch();
        late.put(1, 1);
        other.close();
        assertThatThrownBy(late::end)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("handle is closed: ");
        assertThatThrownBy(other::batch).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void waitsForAManagerOnceAndRefusesTheRest() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)));
        ChildProcess service = SERVICE.machine().service();
        service.stop();
        BatchResult<Integer> result;
        long startNs = System.nanoTime();
        try {
            Batch<Integer, byte[]> batch = dict.withTimeout(Duration.ofMillis(200)).batch();
            for (int key = 0; key < 5_000; key++) {
                batch.put(key, Content.of(key, 500));
            }
            result = batch.end();
        } finally {
            service.resume();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(SOON);
        // What lay in the ring is stored, and what did not is refused.
        assertThat(result.stored()).isBetween(100L, 4_000L);
        assertThat(result.refused()).allSatisfy(
                each -> assertThat(each.cause()).isInstanceOf(DDictTimeoutException.class));
        assertThat(result.stored() + result.refused().size()).isEqualTo(5_000);
        assertThat(dict.size()).isEqualTo(result.stored());
        result.refused().forEach(each -> assertThat(dict.containsKey(each.key())).isFalse());
    }

    @Test
    void isRefusedByALostManager() throws Exception {
        try (Machine machine = new Machine()) {
            DDict<Integer, Integer> dict =
                    machine.create(DDictConfig.builder().totalMemory(ByteSize.mib(8)));
            Batch<Integer, Integer> batch = dict.batch();
            batch.put(1, 1);
            machine.service().kill();
            machine.service().awaitEnd();
            Await.until(SOON, () -> "client is told", () -> isLost(dict));
            assertThat(batch.end().refused()).hasSize(1).allSatisfy(
                    each -> assertThat(each.cause()).isInstanceOf(ManagerLostException.class));
            // What is left of the dead one is swept when the next starts.
            machine.startService("next");
        }
    }

    @Test
    void putsAllOfAMap() {
        DDict<Integer, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(3));
        Map<Integer, Integer> entries = new LinkedHashMap<>();
        for (int i = 0; i < 10_000; i++) {
            entries.put(i, -i);
        }
        dict.putAll(entries);
        dict.putAll(Map.of());
        assertThat(dict.size()).isEqualTo(10_000);
        assertThat(dict.getAll(entries.keySet())).isEqualTo(entries);
    }

    @Test
    void throwsTheCauseOfAKeyOfAMapThatWasRefused() {
        DDict<Integer, byte[]> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(8)));
        Map<Integer, byte[]> entries = new LinkedHashMap<>();
        entries.put(1, new byte[50_000_000]);
        entries.put(2, new byte[20]);
        assertThatThrownBy(() -> dict.putAll(entries)).isInstanceOf(DDictFullException.class);
        assertThat(dict.get(1)).isNull();
        assertThat(dict.get(2)).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void storesTheFirstOnesOfAProcessThatIsKilled(int managers) {
        System.out.println("BatchIT: -Dddict.batch.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED + managers);
        int cutShort = 0;
        for (int round = 0; round < KILLS; round++) {
            DDict<Integer, Integer> dict = SERVICE.create(
                    DDictConfig.builder().managersPerNode(managers)
                            .totalMemory(ByteSize.mib(256)).entriesMax(1_000_000));
            ChildProcess child = SERVICE.machine().start(BatchRole.class, dict.serialize());
            int acknowledged = Integer.parseInt(child.await("stored "));
            for (int left = random.nextInt(100); left > 0; left--) {
                acknowledged = Integer.parseInt(child.await("stored "));
            }
            child.kill();
            child.awaitEnd();
            SERVICE.machine().forget(child);
            cutShort += checkPrefixes(dict, acknowledged);
            dict.destroy();
        }
        System.out.println("BatchIT: killed within a batch " + cutShort + " times of " + KILLS);
    }

    /** Whether a batch was cut short. */
    private static int checkPrefixes(DDict<Integer, Integer> dict, int acknowledged) {
        Await.until(SOON, () -> "the end of what was posted", () -> isQuiet(dict));
        List<Path> pools = SERVICE.cluster().poolDirectories(dict.name());
        int stored = 0;
        // All numbers of a manager below its first absent one are there, and none above.
        int limit = (int) (2 * dict.size() + 2 * BatchRole.BATCH);
        boolean[] ended = new boolean[pools.size()];
        try (MappedPool pool = MappedPool.openAsClient(pools.getFirst())) {
            KeyHash hash = new KeyHash(pool.geometry().hashSeed());
            for (int i = 0; i < limit; i++) {
                int manager = KeyHash.manager(hash(hash, i), pools.size());
                Integer value = dict.get(i);
                if (value != null) {
                    assertThat(value).isEqualTo(i);
                    assertThat(ended[manager]).as("number %s behind an absent one", i).isFalse();
                    stored++;
                } else {
                    assertThat(i).as("absent though it was stored").isGreaterThan(acknowledged - 1);
                    ended[manager] = true;
                }
            }
        }
        assertThat(dict.size()).isEqualTo(stored);
        return stored % BatchRole.BATCH == 0 ? 0 : 1;
    }

    // The killed process's link is ended when its socket is; what it had posted is applied before.
    private static boolean isQuiet(DDict<Integer, Integer> dict) {
        return dict.stats().managers().stream()
                .allMatch(each -> each.counters().get("links") == 1L);
    }

    private static long hash(KeyHash hash, int number) {
        KeyBytes bytes = new KeyBytes();
        Codecs.standard().encodeKey(number, bytes);
        return hash.of(bytes.array(), bytes.offset(), bytes.length(), bytes.tag());
    }

    private static boolean isLost(DDict<Integer, Integer> dict) {
        try {
            Integer value = dict.get(1);
            assertThat(value).isNull();
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }

    private static BatchResult<Integer> putNumbers(
            DDict<Integer, Integer> dict, int from, int to, int value) {
        Batch<Integer, Integer> batch = dict.batch();
        List<Integer> keys = new ArrayList<>();
        for (int key = from; key < to; key++) {
            batch.put(key, value);
            keys.add(key);
        }
        BatchResult<Integer> result = batch.end();
        assertThat(result.stored() + result.refused().size()).isEqualTo(keys.size());
        return result;
    }

    private static int length(SplittableRandom random) {
        return switch (random.nextInt(40)) {
            case 0 -> random.nextInt(100_000);
            case 1 -> random.nextInt(4_000, 4_200);
            case 2, 3, 4 -> random.nextInt(4_000);
            default -> random.nextInt(60);
        };
    }
}
