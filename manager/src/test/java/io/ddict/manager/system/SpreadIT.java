package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictStats;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.ManagerPlace;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Dictionaries that are spread over several node services, each as on a machine of its own. */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class SpreadIT {
    private static final int KEYS = 500;
    private static final Duration NOTICED = Duration.ofSeconds(10);

    @Test
    void holdsItsKeysOnAllNodes(Machine machine) {
        try (DDict<String, byte[]> dict = nodes(machine, 2).create(config(2).build())) {
            assertThat(dict.topology()).extracting(ManagerPlace::isLocal)
                    .containsExactly(true, true, false, false);
            Map<String, byte[]> model = fill(dict);

            assertThat(dict.size()).isEqualTo(KEYS);
            assertThat(IntStream.range(0, 4).mapToLong(manager -> dict.manager(manager).size()))
                    .allMatch(size -> size > KEYS / 8);
            model.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
            assertThat(dict.keys()).containsExactlyInAnyOrderElementsOf(model.keySet());
            model.forEach((key, value) -> assertThat(dict.remove(key)).isEqualTo(value));
            assertThat(dict.size()).isZero();
            dict.clear();
            dict.destroy();
        }
    }

    @Test
    void isFrozenOnAllNodesAtOnce(Machine machine) {
        try (DDict<String, byte[]> dict = nodes(machine, 2).create(config(2).build())) {
            Map<String, byte[]> model = fill(dict);
            dict.freeze();
            for (Map.Entry<String, byte[]> each : model.entrySet()) {
                assertThatThrownBy(() -> dict.put(each.getKey(), new byte[1]))
                        .isInstanceOf(FrozenException.class);
                byte[] seen =
                        dict.view(each.getKey(), view -> view.toArray(ValueLayout.JAVA_BYTE));
                assertThat(seen).isEqualTo(each.getValue());
            }
            dict.unfreeze();
            model.keySet().forEach(key -> dict.put(key, new byte[1]));
            assertThat(dict.size()).isEqualTo(KEYS);
            dict.destroy();
        }
    }

    @Test
    void tellsWhatTheManagersOfAllNodesCountUnlessANodeIsGone(Machine machine)
            throws IOException {
        Cluster cluster = nodes(machine, 2);
        try (DDict<String, byte[]> dict = cluster.create(config(2).name("counted").build())) {
            fill(dict);
            long _ = dict.size();

            List<DDictStats.Manager> managers = cluster.stats("counted").managers();

            assertThat(managers).extracting(DDictStats.Manager::manager)
                    .containsExactly(0, 1, 2, 3);
            assertThat(managers.stream().mapToLong(DDictStats.Manager::entries).sum())
                    .isEqualTo(KEYS);
            machine.killMachineOfNewestService();
            assertThat(cluster.stats("counted").managers())
                    .extracting(DDictStats.Manager::manager)
                    .containsExactly(0, 1);
        }
    }

    @Test
    void persistsAndRestoresOnAllNodes(Machine machine, @TempDir Path disk) {
        Cluster cluster = nodes(machine, 2);
        DDictConfig.Builder config =
                config(2).name("kept").persister("posix").persistPath(disk);
        Map<String, byte[]> model;
        try (DDict<String, byte[]> dict = cluster.create(config.build())) {
            model = fill(dict);
            dict.persist();
            assertThat(dict.persistedIds()).containsExactly(0L);
            model.keySet().forEach(key -> dict.put(key, new byte[1]));
            dict.restore(0);
            model.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
            dict.destroy();
        }
        try (DDict<String, byte[]> again =
                cluster.create(config.restoreFrom(0).readOnly(true).build())) {
            model.forEach((key, value) -> assertThat(again.get(key)).isEqualTo(value));
            again.destroy();
        }
    }

    // What the second node cannot hold the first one does not show either.
    @Test
    void isEmptyOnAllNodesAfterARestoreThatFailedOnOneAndCanBeRestoredAgain(
            Machine machine, @TempDir Path disk) {
        Cluster cluster = nodes(machine, 2);
        DDictConfig.Builder config =
                config(2).name("kept").persister("posix").persistPath(disk);
        Map<String, byte[]> small;
        try (DDict<String, byte[]> dict = cluster.create(config.build())) {
            small = smallAtAllManagers(dict);
            small.forEach(dict::put);
            dict.persist();
            dict.checkpoint();
            small.forEach(dict::put);
            dict.put(keyOf(dict, 2), new byte[8 << 20]);
            dict.persist();
            dict.destroy();
        }
        config.totalMemory(ByteSize.mib(24)).persistFrequency(0).restoreFrom(0).readOnly(true);
        try (DDict<String, byte[]> dict = cluster.create(config.build())) {
            assertThatThrownBy(() -> dict.restore(1)).isInstanceOf(DDictFullException.class);
            dict.syncToNewestCheckpoint();
            assertThat(dict.size()).isZero();
            dict.restore(0);
            assertThat(dict.size()).isEqualTo(small.size());
            small.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
            dict.destroy();
        }
    }

    private static Map<String, byte[]> smallAtAllManagers(DDict<String, byte[]> dict) {
        Map<String, byte[]> small = new HashMap<>();
        for (int manager = 0; manager < dict.managers(); manager++) {
            small.put(keyOf(dict, manager), new byte[]{(byte) manager});
        }
        return small;
    }

    private static String keyOf(DDict<String, byte[]> dict, int manager) {
        int i = 0;
        while (dict.whichManager("key-" + i) != manager) {
            i++;
        }
        return "key-" + i;
    }

    @Test
    void goesOnWithWhatWasKeptOnAllNodesOrNotAtAll(Machine machine) {
        Cluster cluster = nodes(machine, 2);
        DDictConfig config = config(2).name("kept").restartable(true).build();
        DDict<String, byte[]> dict = cluster.create(config);
        Map<String, byte[]> model = fill(dict);
        dict.destroy(true);
        dict.close();
        DDict<String, byte[]> again = cluster.create(config);
        model.forEach((key, value) -> assertThat(again.get(key)).isEqualTo(value));
        again.destroy();
        again.close();
        assertThat(cluster.dictionaries()).isEmpty();
    }

    @Test
    void isKnownByOneNameOnAllNodes(Machine machine) {
        Cluster cluster = nodes(machine, 2);
        DDictConfig config = config(2).name("one").build();
        DDict<String, byte[]> dict = cluster.create(config);
        assertThatThrownBy(() -> cluster.create(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a dictionary of this name exists");
        assertThatThrownBy(() -> cluster.create(config(3).build()))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining("cluster has fewer nodes: wanted=3, nodes=2");
        assertThat(cluster.dictionaries()).containsExactly("one");
        DDict<String, byte[]> other = cluster.attach("one", AttachOptions.DEFAULTS);
        dict.destroy();
        dict.close();
        for (int manager = 0; manager < other.managers(); manager++) {
            DDict<String, byte[]> one = other.manager(manager);
            assertThatThrownBy(() -> one.get("key")).isInstanceOf(DestroyedException.class);
        }
        other.close();
        assertThat(cluster.dictionaries()).isEmpty();
    }

    @Test
    void goesOnWithoutTheKeysOfANodeThatIsKilled(Machine machine) throws IOException {
        Cluster cluster = nodes(machine, 2);
        try (DDict<String, byte[]> dict = cluster.create(config(2).build())) {
            Map<String, byte[]> model = fill(dict);
            machine.killMachineOfNewestService();
            List<String> there = model.keySet().stream()
                    .filter(key -> dict.whichManager(key) >= 2)
                    .toList();
            Await.until(NOTICED, () -> "the loss is told", () -> isLost(dict, there.getFirst()));
            for (Map.Entry<String, byte[]> each : model.entrySet()) {
                if (there.contains(each.getKey())) {
                    assertThatThrownBy(() -> dict.get(each.getKey()))
                            .isInstanceOf(ManagerLostException.class);
                } else {
                    assertThat(dict.get(each.getKey())).isEqualTo(each.getValue());
                    dict.put(each.getKey(), new byte[3]);
                }
            }
            try (DDict<String, byte[]> late =
                    cluster.attach(dict.name(), AttachOptions.DEFAULTS)) {
                for (Map.Entry<String, byte[]> each : model.entrySet()) {
                    if (there.contains(each.getKey())) {
                        assertThatThrownBy(() -> late.get(each.getKey()))
                                .isInstanceOf(ManagerLostException.class);
                    } else {
                        assertThat(late.get(each.getKey())).hasSize(3);
                    }
                }
            }
            try (DDict<String, String> next = cluster.create(
                    DDictConfig.builder().totalMemory(ByteSize.mib(8)).build())) {
                next.put("key", "value");
                assertThat(next.get("key")).isEqualTo("value");
                next.destroy();
            }
            Await.until(NOTICED, () -> "it can be destroyed", () -> isDestroyed(dict));
        }
    }

    private static boolean isLost(DDict<String, byte[]> dict, String key) {
        try {
            byte[] _ = dict.get(key);
            return false;
        } catch (ManagerLostException e) {
            return true;
        }
    }

    private static boolean isDestroyed(DDict<String, byte[]> dict) {
        try {
            dict.destroy();
            return true;
        } catch (ManagerLostException e) {
            return false;
        }
    }

    private static Cluster nodes(Machine machine, int count) {
        NodeAddress first = machine.startListeningService("spread");
        for (int node = 1; node < count; node++) {
            machine.startJoiningService("spread", first);
        }
        return machine.connect("spread");
    }

    private static DDictConfig.Builder config(int nodes) {
        return DDictConfig.builder()
                .nodes(nodes)
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(32L * nodes));
    }

    private static Map<String, byte[]> fill(DDict<String, byte[]> dict) {
        Map<String, byte[]> model = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            // Most are small; some are longer than what fits into one frame or slab.
            byte[] value = new byte[i % 100 == 7 ? 1_500_000 : i];
            Arrays.fill(value, (byte) i);
            dict.put("key-" + i, value);
            model.put("key-" + i, value);
        }
        return model;
    }
}
