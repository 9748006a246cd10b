package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.FrozenException;
import io.ddict.client.Placement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Dictionaries that are copied, and filled from each other. */
@Timeout(60)
class CopyIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final int MANAGERS = 3;

    /** Whole numbers go by themselves. */
    record ByNumber() implements Placement {
        @Override
        public int slot(Object key) {
            return (Integer) key;
        }
    }

    @Test
    void copiesToADictionaryOfAnotherShape() {
        DDict<Integer, Integer> from = create(DDictConfig.builder());
        Map<Integer, Integer> expected = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            from.put(i, i * 3);
            expected.put(i, i * 3);
        }
        DDict<Object, Object> to = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        to.put("other", 1);
        to.put(5, 1);
        assertThat(from.copyTo(to)).isEqualTo(10_000);
        assertThat(to.remove("other")).isEqualTo(1);
        assertThat(to.asMap()).isEqualTo(expected);
        for (int i = 0; i < 10_000; i++) {
            assertThat(to.get(i)).isEqualTo(i * 3);
        }
        assertThat(from.manager(1).copyTo(to.manager(0))).isEqualTo(from.manager(1).size());
    }

    @Test
    void copiesManagerByManagerToAParallelOne() {
        DDict<Integer, Integer> from = create(DDictConfig.builder());
        fill(from);
        from.broadcastPut(-1, -1);
        DDict<Integer, Integer> to = create(DDictConfig.builder().parallelTo(from));
        assertThat(to.managers()).isEqualTo(MANAGERS);
        assertThat(from.copyTo(to)).isEqualTo(1_000 + MANAGERS);
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertThat(to.manager(manager).asMap()).isEqualTo(from.manager(manager).asMap());
        }
        for (int key = 0; key < 1_000; key++) {
            assertThat(to.whichManager(key)).isEqualTo(from.whichManager(key));
            assertThat(to.get(key)).isEqualTo(key);
        }
        DDict<Integer, Integer> other = create(DDictConfig.builder());
        assertThat(from.copyTo(other)).isEqualTo(1_000 + MANAGERS);
        assertThat(other.size()).isEqualTo(1_001);
    }

    @Test
    void refillsWhatAParallelDictionaryLost() {
        DDict<Integer, Integer> first = create(DDictConfig.builder());
        fill(first);
        DDict<Integer, Integer> second = create(DDictConfig.builder().parallelTo(first));
        DDict<Integer, Integer> third = create(DDictConfig.builder().parallelTo(second));
        assertThat(second.emptyManagers()).containsExactly(0, 1, 2);
        assertThat(DDict.synchronise(List.of(first, second, third))).isEqualTo(2_000);
        Map<Integer, Integer> all = Map.copyOf(first.asMap());
        long lost = first.manager(0).size() + third.manager(2).size();
        first.manager(0).clear();
        third.manager(2).clear();
        assertThat(first.emptyManagers()).containsExactly(0);
        assertThat(first.manager(0).emptyManagers()).containsExactly(0);
        assertThat(first.manager(1).emptyManagers()).isEmpty();
        assertThat(DDict.synchronise(List.of(third, first, second))).isEqualTo(lost);
        for (DDict<Integer, Integer> each : List.of(first, second, third)) {
            assertThat(each.emptyManagers()).isEmpty();
            assertThat(each.asMap()).isEqualTo(all);
        }
        assertThat(DDict.synchronise(List.of(first, second, third))).isZero();
        assertThat(DDict.synchronise(List.<DDict<Integer, Integer>>of())).isZero();
    }

    @Test
    void keepsThePlacementOfAParallelDictionary() {
        DDict<Integer, Integer> from =
                create(DDictConfig.builder().placement(new ByNumber()));
        fill(from);
        DDict<Integer, Integer> to = create(DDictConfig.builder().parallelTo(from));
        assertThat(DDict.synchronise(List.of(to, from))).isEqualTo(1_000);
        assertThat(to.whichManager(5)).isEqualTo(2);
        assertThat(to.manager(2).get(5)).isEqualTo(5);
        try (DDict<Integer, Integer> blind = DDict.attach(
                from.serialize(), AttachOptions.DEFAULTS.withPlacement(Placement.unknown()))) {
            assertThatThrownBy(() -> DDictConfig.builder().parallelTo(blind).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("placement has no name that other processes know");
        }
    }

    @Test
    void refusesDictionariesThatAreNotParallel() {
        DDict<Integer, Integer> one = create(DDictConfig.builder());
        fill(one);
        DDict<Integer, Integer> other = create(DDictConfig.builder());
        assertThatThrownBy(() -> DDict.synchronise(List.of(one, other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dictionaries are not parallel: one=" + one.name() + ", managers=3,"
                        + " other=" + other.name() + ", managers=3; create one of them with"
                        + " DDictConfig.Builder.parallelTo(...)");
        assertThat(other.isEmpty()).isTrue();
    }

    @Test
    void stopsAtTheFirstRefusal() {
        DDict<Integer, byte[]> from = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(32)));
        for (int i = 0; i < 200; i++) {
            from.put(i, Content.of(i, 100_000));
        }
        DDict<Integer, byte[]> small = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(8)));
        assertThatThrownBy(() -> from.copyTo(small)).isInstanceOf(DDictFullException.class);
        assertThat(small.size()).isBetween(1L, 199L);
        small.freeze();
        assertThatThrownBy(() -> from.copyTo(small)).isInstanceOf(FrozenException.class);
        from.freeze();
        small.unfreeze();
        assertThat(from.manager(0).isFrozen()).isTrue();
    }

    @Test
    void copiesWhatItsCheckpointSees() {
        DDict<Integer, Integer> from = create(DDictConfig.builder().workingSetSize(2));
        from.put(1, 10);
        from.checkpoint();
        from.put(1, 11);
        from.put(2, 21);
        from.rollback();
        DDict<Integer, Integer> to = create(DDictConfig.builder().workingSetSize(2));
        to.checkpointId(4);
        assertThat(from.copyTo(to)).isEqualTo(1);
        assertThat(to.asMap()).isEqualTo(Map.of(1, 10));
        assertThat(to.syncToNewestCheckpoint()).isEqualTo(4);
    }

    @Test
    void copiesMoreThanItsProcessHasMemoryFor() {
        DDict<Integer, byte[]> from = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(128)));
        for (int i = 0; i < 80; i++) {
            from.put(i, Content.of(i, 1 << 20));
        }
        DDict<Integer, byte[]> to = SERVICE.create(DDictConfig.builder()
                .parallelTo(from)
                .totalMemory(ByteSize.mib(128)));
        ChildProcess child = SERVICE.machine()
                .start(List.of("-Xmx32m"), CopyRole.class, from.serialize(), to.serialize());
        assertThat(child.await("copied ")).isEqualTo("80");
        assertThat(child.awaitEnd()).isZero();
        SERVICE.machine().forget(child);
        for (int i = 0; i < 80; i++) {
            assertThat(to.get(i)).isEqualTo(Content.of(i, 1 << 20));
        }
    }

    private static void fill(DDict<Integer, Integer> dict) {
        for (int key = 0; key < 1_000; key++) {
            dict.put(key, key);
        }
    }

    private static <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        return SERVICE.create(config.managersPerNode(MANAGERS).totalMemory(ByteSize.mib(24)));
    }
}
