package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerPlace;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Handles of single managers. The seed of random tests is printed; {@code -Dddict.managers.seed=…}
 * repeats them.
 */
@Timeout(60)
class ManagerHandlesIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.managers.seed", System.nanoTime());
    private static final int MANAGERS = 3;
    private static final Duration SOON = Duration.ofMillis(200);

    @Test
    void goesToTheManagerThatTheKeyBelongsTo() {
        DDict<Integer, String> dict = create();
        for (int key = 0; key < 300; key++) {
            dict.put(key, "value " + key);
            int owner = dict.whichManager(key);
            for (int manager = 0; manager < MANAGERS; manager++) {
                assertThat(dict.manager(manager).containsKey(key)).isEqualTo(manager == owner);
                assertThat(dict.manager(manager).whichManager(key)).isEqualTo(manager);
            }
        }
    }

    @Test
    void keepsWhatIsPutAtOneManagerFromTheOthers() {
        DDict<String, Integer> dict = create();
        int owner = dict.whichManager("key");
        int other = (owner + 1) % MANAGERS;
        dict.manager(other).put("key", 1);
        assertThat(dict.get("key")).isNull();
        dict.put("key", 2);
        assertThat(dict.get("key")).isEqualTo(2);
        assertThat(dict.manager(owner).get("key")).isEqualTo(2);
        assertThat(dict.manager(other).get("key")).isEqualTo(1);
        assertThat(dict.size()).isEqualTo(2);
        assertThat(dict.manager(other).remove("key")).isEqualTo(1);
        assertThat(dict.get("key")).isEqualTo(2);
    }

    @Test
    void equalsAHashMapForEachManager() {
        System.out.println("ManagerHandlesIT: -Dddict.managers.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<Integer, String> dict = create();
        List<Map<Integer, String>> expected = new ArrayList<>();
        List<DDict<Integer, String>> handles = new ArrayList<>();
        for (int manager = 0; manager < MANAGERS; manager++) {
            expected.add(new HashMap<>());
            handles.add(dict.manager(manager));
        }
        for (int i = 0; i < 6_000; i++) {
            int key = random.nextInt(200);
            boolean byKey = random.nextBoolean();
            int manager = byKey ? dict.whichManager(key) : random.nextInt(MANAGERS);
            step(
                    random, byKey ? dict : handles.get(manager), expected.get(manager), key);
        }
        long size = 0;
        for (int manager = 0; manager < MANAGERS; manager++) {
            assertHolds(handles.get(manager), expected.get(manager));
            size += expected.get(manager).size();
        }
        assertThat(dict.size()).isEqualTo(size);
        assertThat(dict.localSize()).isEqualTo(size);
    }

    private static void step(
            SplittableRandom random, DDict<Integer, String> handle, Map<Integer, String> expected,
            int key) {
        String value = "v".repeat(random.nextInt(20)) + random.nextInt(1_000);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                handle.put(key, value);
                expected.put(key, value);
            }
            case 2 -> assertThat(handle.remove(key)).isEqualTo(expected.remove(key));
            case 3 -> assertThat(handle.putIfAbsent(key, value))
                    .isEqualTo(expected.putIfAbsent(key, value));
            case 4 -> {
                try (Batch<Integer, String> batch = handle.batch()) {
                    batch.put(key, value);
                }
                expected.put(key, value);
            }
            default -> assertThat(handle.get(key)).isEqualTo(expected.get(key));
        }
    }

    private static void assertHolds(
            DDict<Integer, String> handle, Map<Integer, String> expected) {
        assertThat(handle.size()).isEqualTo(expected.size());
        assertThat(handle.keys()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(handle.localKeys()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(handle.values()).containsExactlyInAnyOrderElementsOf(expected.values());
        assertThat(handle.localValues()).containsExactlyInAnyOrderElementsOf(expected.values());
        assertThat(handle.entries()).containsExactlyInAnyOrderElementsOf(expected.entrySet());
        assertThat(handle.localEntries())
                .containsExactlyInAnyOrderElementsOf(expected.entrySet());
        assertThat(handle.asMap()).isEqualTo(expected);
        assertThat(handle.getAll(expected.keySet())).isEqualTo(expected);
    }

    @Test
    void clearsOneManagerAlone() {
        DDict<Integer, Integer> dict = create();
        for (int key = 0; key < 100; key++) {
            dict.put(key, key);
        }
        long size = dict.size() - dict.manager(1).size();
        dict.manager(1).clear();
        assertThat(dict.manager(1).isEmpty()).isTrue();
        assertThat(dict.size()).isEqualTo(size);
    }

    @Test
    void tellsWhereItsManagersAre() {
        DDict<Integer, Integer> dict = create();
        assertThat(dict.managers()).isEqualTo(MANAGERS);
        assertThat(dict.manager(2).managers()).isEqualTo(MANAGERS);
        assertThat(dict.localManagers()).containsExactly(0, 1, 2);
        List<ManagerPlace> places = dict.topology();
        assertThat(places).hasSize(MANAGERS).isEqualTo(dict.manager(1).topology());
        for (int manager = 0; manager < MANAGERS; manager++) {
            ManagerPlace place = places.get(manager);
            assertThat(place.manager()).isEqualTo(manager);
            assertThat(place.node()).isNotBlank();
            assertThat(place.processId()).isEqualTo(SERVICE.cluster().processId());
            assertThat(Files.isDirectory(place.poolDirectory())).isTrue();
            assertThat(place.isLocal()).isTrue();
        }
        assertThat(dict.manager(1).stats().managers().getFirst().manager()).isEqualTo(1);
    }

    @Test
    void takesNoLinkOfItsOwn() {
        DDict<Integer, Integer> dict = create();
        List<DDict<Integer, Integer>> handles = IntStream.range(0, 5_000)
                .mapToObj(i -> dict.manager(i % MANAGERS))
                .toList();
        handles.getLast().put(1, 1);
        assertThat(dict.stats().managers())
                .allSatisfy(each -> assertThat(each.counters().get("links")).isEqualTo(1));
    }

    @Test
    void refusesAManagerThatIsNotThere() {
        DDict<Integer, Integer> dict = create();
        for (int manager : new int[]{-1, MANAGERS, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> dict.manager(manager))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no such manager: manager=" + manager + ", managers=" + MANAGERS);
        }
        assertThatThrownBy(() -> dict.whichManager(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void endsWithTheDictionarysHandleAndNotBefore() {
        DDict<Integer, Integer> created = create();
        DDict<Integer, Integer> dict = DDict.attach(created.serialize());
        DDict<Integer, Integer> first = dict.manager(0);
        DDict<Integer, Integer> second = dict.manager(0);
        first.close();
        first.close();
        second.put(1, 1);
        assertThat(dict.manager(0).get(1)).isEqualTo(1);
        DDict<Integer, Integer> third = dict.manager(0);
        second.put(2, 2);
        Iterator<Integer> begun = third.keys().iterator();
        begun.next();
        third.close();
        assertThatThrownBy(begun::hasNext).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> first.get(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(first::size).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> first.manager(1)).isInstanceOf(IllegalStateException.class);
        dict.close();
        assertThatThrownBy(() -> second.get(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> dict.manager(0)).isInstanceOf(IllegalStateException.class);
        assertThat(created.manager(0).get(1)).isEqualTo(1);
    }

    @Test
    void freezesAndDestroysTheWholeDictionary() {
        DDict<Integer, Integer> dict = create();
        DDict<Integer, Integer> handle = dict.manager(2);
        handle.freeze();
        assertThat(dict.isFrozen()).isTrue();
        assertThat(handle.isFrozen()).isTrue();
        assertThatThrownBy(() -> handle.put(1, 1)).isInstanceOf(FrozenException.class);
        dict.unfreeze();
        handle.put(1, 1);
        DDict<Integer, Integer> other = DDict.attach(handle.serialize());
        handle.destroy();
        assertThatThrownBy(() -> other.put(1, 1)).isInstanceOf(DestroyedException.class);
        other.close();
    }

    @Test
    void startsAtItsParentsCheckpointAndGoesOnByItself() {
        DDict<String, Integer> dict = create(DDictConfig.builder().workingSetSize(2));
        dict.checkpointId(3);
        DDict<String, Integer> handle = dict.manager(1);
        assertThat(handle.checkpointId()).isEqualTo(3);
        handle.put("key", 3);
        assertThat(handle.checkpoint()).isEqualTo(4);
        handle.put("key", 4);
        assertThat(dict.checkpointId()).isEqualTo(3);
        assertThat(dict.manager(1).get("key")).isEqualTo(3);
        assertThat(dict.syncToNewestCheckpoint()).isEqualTo(4);
        assertThat(dict.manager(0).syncToNewestCheckpoint()).isZero();
        handle.checkpointId(5);
        handle.put("key", 5);
        handle.checkpointId(3);
        assertThatThrownBy(() -> handle.get("key"))
                .isInstanceOf(CheckpointRetiredException.class);
        assertThat(dict.manager(1).get("key")).isEqualTo(4);
    }

    @Test
    void isWaitedForAsAWriterUntilItGoesOnOrIsClosed() {
        DDict<String, Integer> dict = create(
                DDictConfig.builder().workingSetSize(2).waitForWriters(true));
        DDict<String, Integer> handle = dict.manager(1);
        handle.put("key", 0);
        dict.checkpointId(2);
        DDict<String, Integer> hasty = dict.manager(1).withTimeout(SOON);
        assertThatThrownBy(() -> hasty.put("key", 2)).isInstanceOf(DDictTimeoutException.class);
        assertThat(handle.get("key")).isZero();
        handle.checkpoint();
        dict.manager(1).put("key", 2);
        dict.checkpointId(3);
        DDict<String, Integer> late = dict.manager(1);
        handle.put("other", 1);
        assertThatThrownBy(() -> late.withTimeout(SOON).put("key", 3))
                .isInstanceOf(DDictTimeoutException.class);
        handle.close();
        hasty.close();
        late.put("key", 3);
        assertThat(late.get("key")).isEqualTo(3);
    }

    private static <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder());
    }

    private static <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        return SERVICE.create(config.managersPerNode(MANAGERS).totalMemory(ByteSize.mib(24)));
    }
}
