package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ddict.client.BroadcastRefusedException;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.ManagerPlace;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Broadcasts that go from node to node, over services each as on a machine of its own. This process is on the
 * first one. The second passes values on to the third, the fourth to the fifth.
 */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class BroadcastNodesIT {
    private static final String CLUSTER = "tree";
    private static final int NODES = 5;
    private static final long SEED = Long.getLong("ddict.broadcast.seed", System.nanoTime());
    private static final Duration A_MOMENT = Duration.ofMillis(100);
    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<ChildProcess> joined = new ArrayList<>();

    @Test
    void storesACopyAtEveryManagerOfAllNodes(Machine machine) {
        DDict<String, byte[]> dict = nodes(machine, 2, 32, DDictConfig.builder());
        for (int length : new int[]{100, 5_000, 300_000, 524_288, 700_001, 3_000_000}) {
            byte[] value = Content.of(length, length);
            broadcast(dict, "key", value);
            IntStream.range(0, 2 * NODES).forEach(
                    manager -> assertThat(dict.manager(manager).get("key")).isEqualTo(value));
        }
        assertThat(dict.size()).isEqualTo(2 * NODES);
        broadcast(dict.withTimeToLive(Duration.ofMillis(1)), "key", Content.of(9, 1_000_000));
        Await.until(SOON, () -> "all have ended", () -> dict.size() == 0);
    }

    @Test
    void sendsNoMoreThanTwoCopiesFromItsProcess(Machine machine) throws IOException {
        DDict<String, byte[]> dict = nodes(machine, 2, 48, DDictConfig.builder());
        byte[] value = Content.of(1, 8_000_000);
        broadcast(dict, "key", new byte[1]);
        long before = bytesWritten();
        dict.broadcastPut("key", value);
        // Directly it would be eight.
        assertThat(bytesWritten() - before).isBetween(2L * value.length, 3L * value.length);
        IntStream.range(0, 2 * NODES).forEach(
                manager -> assertThat(dict.manager(manager).get("key")).isEqualTo(value));
    }

    // By system calls, to sockets as to files.
    private static long bytesWritten() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/io")).stream()
                .filter(line -> line.startsWith("wchar: "))
                .mapToLong(line -> Long.parseLong(line.substring("wchar: ".length())))
                .sum();
    }

    @Test
    void namesTheManagersThatAreFull(Machine machine) {
        DDict<String, byte[]> dict = nodes(machine, 2, 24, DDictConfig.builder());
        byte[] value = Content.of(1, 1_000_000);
        // All of one node that passes values on, one of the other, and one at an end.
        Set<Integer> full = Set.of(2, 3, 6, 9);
        full.forEach(manager -> fill(dict.manager(manager), value));
        BroadcastRefusedException refusal = catchThrowableOfType(
                BroadcastRefusedException.class, () -> dict.broadcastPut("key", value));
        assertThat(refusal.refused().keySet()).isEqualTo(full);
        assertThat(refusal.stored()).containsExactly(0, 1, 4, 5, 7, 8);
        refusal.refused().forEach((manager, cause) -> {
            assertThat(cause).isInstanceOf(DDictFullException.class);
            assertThat(cause.manager()).hasValue(manager);
        });
        for (int manager = 0; manager < 2 * NODES; manager++) {
            assertThat(dict.manager(manager).get("key"))
                    .isEqualTo(full.contains(manager) ? null : value);
        }
    }

    private static void fill(DDict<String, byte[]> one, byte[] value) {
        assertThatThrownBy(() -> {
            for (int i = 0; i < 1_000; i++) {
                one.put("filler-" + i, value);
            }
        }).isInstanceOf(DDictFullException.class);
    }

    @Test
    void isRefusedWhileFrozenAndCountsForItsQuotaAndCheckpoint(Machine machine) {
        DDict<String, byte[]> dict = nodes(
                machine, 1, 32,
                DDictConfig.builder().clientQuota(ByteSize.mib(5)).workingSetSize(2));
        byte[] value = Content.of(1, 3_000_000);
        dict.freeze();
        for (byte[] each : List.of(new byte[100], value)) {
            assertThatThrownBy(() -> dict.broadcastPut("key", each))
                    .isInstanceOf(FrozenException.class);
        }
        dict.unfreeze();
        broadcast(dict, "key", value);
        for (int manager = 0; manager < NODES; manager++) {
            DDict<String, byte[]> one = dict.manager(manager);
            assertThatThrownBy(() -> one.put("more", value))
                    .as("a copy is this client's").isInstanceOf(DDictFullException.class);
        }
        assertThatThrownBy(() -> dict.broadcastPut("more", value))
                .isInstanceOf(DDictFullException.class);
        dict.checkpoint();
        byte[] next = Content.of(2, 1_000_000);
        broadcast(dict, "key", next);
        for (int manager = 0; manager < NODES; manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo(next);
        }
        dict.rollback();
        for (int manager = 0; manager < NODES; manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo(value);
        }
    }

    @Test
    void goesAroundANodeThatIsStopped(Machine machine) {
        DDict<String, byte[]> dict = nodes(machine, 1, 96, DDictConfig.builder());
        // More than what the kernel takes for who does not read.
        byte[] value = Content.of(1, 40_000_000);
        ChildProcess stopped = on(dict, 1);
        stopped.stop();
        BroadcastRefusedException refusal;
        try {
            long startNs = System.nanoTime();
            refusal = catchThrowableOfType(
                    BroadcastRefusedException.class,
                    () -> dict.withTimeout(SOON.multipliedBy(6)).broadcastPut("key", value));
            // It is the failure timeout that ends it.
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isLessThan(SOON.multipliedBy(3));
        } finally {
            stopped.resume();
        }
        assertThat(refusal.stored()).containsExactly(0, 2, 3, 4);
        assertThat(refusal.refused()).containsOnlyKeys(1);
        assertThat(refusal.refused().get(1)).isInstanceOfAny(
                ManagerLostException.class, DDictTimeoutException.class);
        List.of(0, 2, 3, 4).forEach(
                manager -> assertThat(dict.manager(manager).get("key")).isEqualTo(value));
        awaitStored(dict, Content.of(2, value.length), SOON.multipliedBy(3));
    }

    /**
     * Broadcasts a value until each node has taken it, as one may be silent for longer than its lease. Under
     * one key: there may be memory for two such values, and an attempt may come to some nodes only.
     */
    static void awaitStored(
            DDict<String, byte[]> dict, byte[] value, Duration timeout) {
        Set<String> refusals = new LinkedHashSet<>();
        Await.until(timeout, () -> "it is back: " + refusals, () -> {
            try {
                dict.broadcastPut("key", value);
                return true;
            } catch (DDictException e) {
                refusals.add(e.toString());
                return false;
            }
        });
        System.out.println("BroadcastNodesIT: refused until it was back: " + refusals);
        for (int manager = 0; manager < dict.managers(); manager++) {
            assertThat(dict.manager(manager).get("key")).isEqualTo(value);
        }
    }

    @Test
    void leavesWholeCopiesWhenNodesAreKilledWithinIt(Machine machine) throws Exception {
        System.out.println("BroadcastNodesIT: -Dddict.broadcast.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<String, byte[]> dict = nodes(machine, 2, 48, DDictConfig.builder());
        Set<Integer> dead = new TreeSet<>();
        // Both that pass values on.
        for (int node : new int[]{1, 3}) {
            int length = 4_000_000 + random.nextInt(4_000_000);
            byte[] before = Content.of(node, length);
            Set<Integer> refused = refusals(dict, before);
            assertThat(refused).isEqualTo(dead);
            byte[] value = Content.of(100 + node, length);
            FutureTask<Set<Integer>> broadcast =
                    new FutureTask<>(() -> refusals(dict, value));
            Thread.ofPlatform().start(broadcast);
            Await.pass(Duration.ofMillis(random.nextInt(40)));
            machine.killMachine(on(dict, 2 * node));
            Set<Integer> told = broadcast.get(30, TimeUnit.SECONDS);
            assertThat(told).containsAll(dead);
            if (told.stream().anyMatch(manager -> manager / 2 != node && !dead.contains(manager))) {
                // What is not known of may still come, from nodes that have all of it.
                Await.pass(Duration.ofMillis(500));
            }
            dead.addAll(List.of(2 * node, 2 * node + 1));
            for (int manager = 0; manager < 2 * NODES; manager++) {
                if (!dead.contains(manager)) {
                    byte[] copy = dict.manager(manager).get("key");
                    assertThat(copy).isIn(before, value);
                    assertThat(told.contains(manager) || copy[0] == value[0])
                            .as("what is said to be stored is").isTrue();
                }
            }
        }
        byte[] last = Content.of(7, 3_000_000);
        assertThat(refusals(dict, last)).isEqualTo(dead);
        List.of(0, 1, 4, 5, 8, 9).forEach(
                manager -> assertThat(dict.manager(manager).get("key")).isEqualTo(last));
    }

    // Again while the lease of a node is over: five on two cores may not have their turn for as long.
    private static <V> void broadcast(DDict<String, V> dict, String key, V value) {
        try {
            dict.broadcastPut(key, value);
        } catch (BroadcastRefusedException e) {
            if (!isOfALease(e)) {
                throw e;
            }
            Await.pass(A_MOMENT);
            broadcast(dict, key, value);
        }
    }

    private static boolean isOfALease(BroadcastRefusedException refusal) {
        return refusal.refused().values().stream()
                .anyMatch(each -> each.status() == DDictException.Status.UNAVAILABLE);
    }

    // Managers that did not store it, as far as is known.
    private static Set<Integer> refusals(DDict<String, byte[]> dict, byte[] value) {
        try {
            dict.broadcastPut("key", value);
            return Set.of();
        } catch (BroadcastRefusedException e) {
            if (isOfALease(e)) {
                Await.pass(A_MOMENT);
                return refusals(dict, value);
            }
            assertThat(e.stored().size() + e.refused().size()).isEqualTo(2 * NODES);
            assertThat(e.refused().values()).allSatisfy(cause -> assertThat(cause)
                    .isInstanceOfAny(ManagerLostException.class, DDictTimeoutException.class));
            return Set.copyOf(e.refused().keySet());
        }
    }

    @Test
    void goesOnWhenOtherProgramsBroadcastFromOtherNodesAndAreKilled(Machine machine) {
        DDict<String, long[]> dict = nodes(machine, 2, 48, DDictConfig.builder());
        List<ChildProcess> others = new ArrayList<>();
        for (int node = 1; node < NODES; node += 2) {
            others.add(machine.start(
                    List.of("-Dddict.directory=" + machine.otherMachine(node)),
                    BroadcastRole.class, dict.serialize(), String.valueOf(100_000)));
        }
        for (int i = 0; i < 30; i++) {
            others.forEach(other -> other.await("stored "));
            broadcast(dict, "own", new long[100_000]);
        }
        for (ChildProcess other : others) {
            other.kill();
            other.awaitEnd();
            machine.forget(other);
            for (int manager = 0; manager < 2 * NODES; manager++) {
                long[] copy = dict.manager(manager).getOrThrow(BroadcastRole.KEY);
                assertThat(copy).hasSize(100_000);
                assertThat(copy[0]).isPositive();
            }
        }
        broadcast(dict, BroadcastRole.KEY, new long[100_000]);
        for (int manager = 0; manager < 2 * NODES; manager++) {
            assertThat(dict.manager(manager).getOrThrow(BroadcastRole.KEY)[0]).isZero();
        }
    }

    @Test
    void comesToAnEndWithinItsTime(Machine machine) {
        DDict<String, byte[]> dict = nodes(machine, 1, 96, DDictConfig.builder());
        byte[] value = Content.of(1, 40_000_000);
        DDict<String, byte[]> brief = dict.withTimeout(Duration.ofMillis(500));
        ChildProcess stopped = on(dict, 2);
        stopped.stop();
        try {
            long startNs = System.nanoTime();
            BroadcastRefusedException refusal = catchThrowableOfType(
                    BroadcastRefusedException.class, () -> brief.broadcastPut("key", value));
            // As every call on a node that says nothing: the failure timeout on top.
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isLessThan(Duration.ofSeconds(12));
            assertThat(refusal.refused()).containsKey(2);
        } finally {
            stopped.resume();
        }
        awaitStored(dict, Content.of(2, value.length), SOON.multipliedBy(3));
    }

    private <V> DDict<String, V> nodes(
            Machine machine, int managersPerNode, int mib, DDictConfig.Builder config) {
        NodeAddress first = machine.startListeningService(CLUSTER);
        for (int node = 1; node < NODES; node++) {
            joined.add(machine.startJoiningService(CLUSTER, first));
        }
        Cluster cluster = machine.connect(CLUSTER);
        return cluster.create(config.nodes(NODES)
                .managersPerNode(managersPerNode)
                .totalMemory(ByteSize.mib((long) NODES * mib))
                .build());
    }

    // The service of a manager's node.
    private ChildProcess on(DDict<?, ?> dict, int manager) {
        ManagerPlace place = dict.topology().get(manager);
        return joined.stream()
                .filter(service -> service.pid() == place.processId())
                .findFirst()
                .orElseThrow();
    }
}
