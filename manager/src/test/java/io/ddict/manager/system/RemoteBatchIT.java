package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.Batch;
import io.ddict.client.BatchResult;
import io.ddict.client.BatchResult.Refused;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.NodeAddress;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Batches for managers on another machine, whose puts are not waited for one by one. The seed of random tests
 * is printed; {@code -Dddict.batch.seed=…} repeats them.
 */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class RemoteBatchIT {
    private static final String CLUSTER = "batches";
    private static final long SEED = Long.getLong("ddict.batch.seed", System.nanoTime());

    private static DDict<Integer, byte[]> create(Machine machine, int mib) {
        NodeAddress first = machine.startListeningService(CLUSTER);
        machine.startJoiningService(CLUSTER, first);
        Cluster cluster = machine.connect(CLUSTER);
        return cluster.create(DDictConfig.builder()
                .nodes(2)
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(mib))
                .build());
    }

    // Those that are collected, those that are not, and some that are waited for.
    private static int length(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> random.nextInt(1_000);
            case 3 -> random.nextInt(64_000, 66_000);
            case 4 -> random.nextInt(300_000);
            default -> random.nextInt(4_000, 60_000);
        };
    }

    @Test
    void equalsAHashMap(Machine machine) {
        System.out.println("RemoteBatchIT: -Dddict.batch.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<Integer, byte[]> dict = create(machine, 256);
        Map<Integer, byte[]> expected = new HashMap<>();
        for (int round = 0; round < 60; round++) {
            int keys = random.nextBoolean() ? 5 : 200;
            int count = random.nextInt(300);
            // Mixed, or all such that many are on their way at a time.
            boolean mixed = random.nextBoolean();
            try (Batch<Integer, byte[]> batch = dict.batch()) {
                for (int i = 0; i < count; i++) {
                    int key = random.nextInt(keys);
                    byte[] value = Content.of(
                            random.nextLong(),
                            mixed ? length(random) : random.nextInt(5_000, 20_000));
                    batch.put(key, value);
                    expected.put(key, value.clone());
                    // What was put is the caller's again.
                    Content.fill(0, MemorySegment.ofArray(value));
                }
                BatchResult<Integer> result = batch.end();
                assertThat(result.refused()).isEmpty();
                assertThat(result.stored()).isEqualTo(count);
            }
            assertThat(dict.size()).isEqualTo(expected.size());
            expected.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
        }
    }

    @Test
    void tellsWhatThereIsNoRoomForAndStoresTheRest(Machine machine) {
        DDict<Integer, byte[]> dict = create(machine, 16);
        for (int length : new int[]{2_000, 30_000}) {
            dict.clear();
            int count = 24_000_000 / length;
            Batch<Integer, byte[]> batch = dict.batch();
            for (int key = 0; key < count; key++) {
                batch.put(key, Content.of(key, length));
            }
            BatchResult<Integer> result = batch.end();
            Set<Integer> refused = new HashSet<>();
            for (Refused<Integer> each : result.refused()) {
                assertThat(each.cause()).isInstanceOf(DDictFullException.class);
                assertThat(each.cause().manager()).hasValue(dict.whichManager(each.key()));
                assertThat(refused.add(each.key())).as("told once").isTrue();
            }
            assertThat(refused).isNotEmpty();
            assertThat(result.stored()).isEqualTo(count - refused.size()).isPositive();
            for (int key = 0; key < count; key++) {
                assertThat(dict.get(key))
                        .isEqualTo(refused.contains(key) ? null : Content.of(key, length));
            }
        }
    }

    @Test
    void asksAManagerThatRefusesAllNoMore(Machine machine) {
        DDict<Integer, byte[]> dict = create(machine, 64);
        for (int length : new int[]{100, 20_000}) {
            dict.clear();
            Batch<Integer, byte[]> batch = dict.batch();
            dict.freeze();
            for (int key = 0; key < 100; key++) {
                batch.put(key, new byte[length]);
            }
            BatchResult<Integer> result = batch.end();
            assertThat(result.stored()).isZero();
            assertThat(result.refused()).hasSize(100).allSatisfy(
                    each -> assertThat(each.cause()).isInstanceOf(FrozenException.class));
            dict.unfreeze();
            assertThat(dict.size()).isZero();
        }
    }

    @Test
    void letsMoreThreadsSendThanAConnectionHasPlaces(Machine machine) {
        DDict<Integer, byte[]> dict = create(machine, 256);
        int threads = 48;
        Threads.run(threads, thread -> {
            try (Batch<Integer, byte[]> batch = dict.batch()) {
                for (int i = 0; i < 100; i++) {
                    batch.put(thread * 100 + i, Content.of(i, 10_000));
                }
                assertThat(batch.end().refused()).isEmpty();
            }
        });
        assertThat(dict.size()).isEqualTo(threads * 100L);
    }

    @Test
    void goesOnAfterBatchesThatNobodyEnded(Machine machine) {
        DDict<Integer, byte[]> dict = create(machine, 64);
        for (int round = 0; round < 100; round++) {
            Batch<Integer, byte[]> left = dict.batch();
            for (int key = 0; key < 20; key++) {
                left.put(key, Content.of(round, 5_000));
            }
        }
        try (Batch<Integer, byte[]> batch = dict.batch()) {
            for (int key = 0; key < 20; key++) {
                batch.put(key, Content.of(key, 7_000));
            }
        }
        for (int key = 0; key < 20; key++) {
            assertThat(dict.get(key)).isEqualTo(Content.of(key, 7_000));
        }
    }

    @Test
    void knowsWhatWasStoredBeforeItsNodeWasLost(Machine machine) throws Exception {
        DDict<Integer, byte[]> dict = create(machine, 64);
        Batch<Integer, byte[]> batch = dict.batch();
        for (int key = 0; key < 10; key++) {
            batch.put(key, Content.of(key, 20_000));
        }
        // Once all are stored their answers are on their way, and come with what is read next.
        for (int key = 0; key < 10; key++) {
            assertThat(dict.get(key)).isEqualTo(Content.of(key, 20_000));
        }
        Await.pass(Duration.ofMillis(500));
        for (int manager = 0; manager < dict.managers(); manager++) {
            assertThat(dict.manager(manager).get(-1)).isNull();
        }
        machine.killMachineOfNewestService();
        Await.until(Duration.ofSeconds(10), () -> "lost", () -> isLost(dict));
        assertThat(batch.end()).isEqualTo(new BatchResult<>(10, List.of()));
    }

    private static boolean isLost(DDict<Integer, byte[]> dict) {
        try {
            long _ = dict.size();
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }

    @Test
    void endsWithItsNode(Machine machine) throws Exception {
        DDict<Integer, byte[]> dict = create(machine, 128).withTimeout(Duration.ofSeconds(5));
        for (int length : new int[]{1_000, 20_000}) {
            Batch<Integer, byte[]> batch = dict.batch();
            for (int key = 0; key < 2_000; key++) {
                if (key == 1_000 && length == 1_000) {
                    machine.killMachineOfNewestService();
                }
                batch.put(key, new byte[length]);
            }
            BatchResult<Integer> result = batch.end();
            assertThat(result.stored() + result.refused().size()).isEqualTo(2_000);
            assertThat(result.refused()).isNotEmpty().allSatisfy(each -> {
                assertThat(each.cause()).isInstanceOf(ManagerLostException.class);
                assertThat(each.cause().manager()).hasValue(dict.whichManager(each.key()));
            });
        }
    }
}
