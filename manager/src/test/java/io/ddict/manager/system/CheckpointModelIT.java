package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random calls of several handles at checkpoints of their own, against a map of maps. The seed is
 * printed; {@code -Dddict.checkpoints.seed=…} repeats a run, {@code -Dddict.checkpoints.operations=…}
 * makes it longer.
 */
class CheckpointModelIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.checkpoints.seed", System.nanoTime());
    private static final int OPERATIONS =
            Integer.getInteger("ddict.checkpoints.operations", 3_000);
    private static final int KEYS = 60;
    private static final int HANDLES = 3;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void equalsAMapOfMaps(int size) {
        System.out.println("CheckpointModelIT: -Dddict.checkpoints.seed=" + SEED);
        DDict<String, Object> creator = SERVICE.create(
                DDictConfig.builder().workingSetSize(size).totalMemory(ByteSize.mib(32)));
        List<DDict<String, Object>> handles = new ArrayList<>(List.of(creator));
        while (handles.size() < HANDLES) {
            handles.add(SERVICE.cluster().attach(creator.name(), AttachOptions.DEFAULTS));
        }
        DDict<String, Object> probe =
                SERVICE.cluster().attach(creator.name(), AttachOptions.DEFAULTS);
        SplittableRandom random = new SplittableRandom(SEED + size);
        Model model = new Model(size);
        for (int i = 0; i < OPERATIONS; i++) {
            DDict<String, Object> dict = handles.get(random.nextInt(HANDLES));
            if (random.nextInt(12) == 0) {
                move(dict, random, model);
            }
            step(dict, random, model);
            // A put returns before the working set has moved on for it; of other keys that is not seen.
            assertThat(probe.syncToNewestCheckpoint()).isEqualTo(model.newest);
            if (i % 500 == 0) {
                checkAll(handles.getFirst(), model);
            }
        }
        checkAll(handles.getFirst(), model);
        handles.stream().skip(1).forEach(DDict::close);
        probe.close();
    }

    private static void move(DDict<String, Object> dict, SplittableRandom random, Model model) {
        switch (random.nextInt(4)) {
            case 0 -> dict.checkpoint();
            case 1 -> dict.rollback();
            case 2 -> assertThat(dict.syncToNewestCheckpoint()).isEqualTo(model.newest);
            default -> dict.checkpointId(Math.max(0, model.newest + random.nextInt(-2, 3)));
        }
    }

    private static void step(DDict<String, Object> dict, SplittableRandom random, Model model) {
        long at = dict.checkpointId();
        String key = "key-" + random.nextInt(KEYS);
        if (at < model.oldest()) {
            assertThatThrownBy(() -> dict.get(key)).isInstanceOf(CheckpointRetiredException.class);
            assertThatThrownBy(() -> dict.put(key, 1L))
                    .isInstanceOf(CheckpointRetiredException.class);
            dict.checkpointId(model.newest);
            return;
        }
        Object present = model.get(key, at);
        switch (random.nextInt(14)) {
            case 0, 1, 2, 3 -> {
                Object value = value(random);
                dict.put(key, value);
                model.put(key, at, value);
            }
            case 4, 5 -> {
                same(dict.remove(key), present);
                model.remove(key, at);
            }
            case 6 -> {
                Object value = value(random);
                same(dict.putIfAbsent(key, value), present);
                if (present == null) {
                    model.put(key, at, value);
                }
            }
            case 7 -> {
                Object value = value(random);
                same(dict.replace(key, value), present);
                if (present != null) {
                    model.put(key, at, value);
                }
            }
            case 8 -> {
                if (present == null || present instanceof Long) {
                    long before = present == null ? 0 : (Long) present;
                    assertThat(dict.getAndAdd(key, 7)).isEqualTo(before);
                    model.put(key, at, before + 7);
                }
            }
            case 9 -> assertThat(dict.size()).isEqualTo(model.at(at).size());
            case 10 -> checkKeys(dict, model.at(at).keySet());
            case 11 -> {
                if (random.nextInt(20) == 0) {
                    dict.clear();
                    model.clear(at);
                }
            }
            default -> {
                same(dict.get(key), present);
                assertThat(dict.containsKey(key)).isEqualTo(present != null);
            }
        }
    }

    private static void checkKeys(DDict<String, Object> dict, Set<String> expected) {
        List<String> keys = new ArrayList<>();
        dict.keys().forEach(keys::add);
        assertThat(keys).as("none twice").doesNotHaveDuplicates();
        assertThat(new HashSet<>(keys)).isEqualTo(expected);
    }

    private static void checkAll(DDict<String, Object> dict, Model model) {
        long before = dict.checkpointId();
        for (long at = model.oldest(); at <= model.newest + 1; at++) {
            dict.checkpointId(at);
            Map<String, Object> expected = model.at(at);
            assertThat(dict.size()).isEqualTo(expected.size());
            checkKeys(dict, expected.keySet());
            for (int i = 0; i < KEYS; i++) {
                same(dict.get("key-" + i), expected.get("key-" + i));
            }
        }
        dict.checkpointId(before);
    }

    private static Object value(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> Content.of(random.nextLong(), random.nextInt(4_000, 30_000));
            case 1, 2 -> random.nextLong(1000);
            default -> Content.of(random.nextLong(), random.nextInt(300));
        };
    }

    private static void same(Object actual, Object expected) {
        if (expected instanceof byte[] bytes) {
            assertThat((byte[]) actual).isEqualTo(bytes);
        } else {
            assertThat(actual).isEqualTo(expected);
        }
    }

    /** A dictionary of one manager that keeps every version for ever; null stands for a removal. */
    private static final class Model {
        private final Map<String, TreeMap<Long, Object>> keys = new HashMap<>();
        private final int size;
        private long newest;

        Model(int size) {
            this.size = size;
        }

        long oldest() {
            return Math.max(0, newest - size + 1);
        }

        Object get(String key, long at) {
            TreeMap<Long, Object> versions = keys.get(key);
            Map.Entry<Long, Object> seen = versions == null ? null : versions.floorEntry(at);
            return seen == null ? null : seen.getValue();
        }

        Map<String, Object> at(long checkpoint) {
            Map<String, Object> all = new HashMap<>();
            for (String key : keys.keySet()) {
                Object value = get(key, checkpoint);
                if (value != null) {
                    all.put(key, value);
                }
            }
            return all;
        }

        void put(String key, long at, Object value) {
            newest = Math.max(newest, at);
            keys.computeIfAbsent(key, any -> new TreeMap<>()).put(at, value);
        }

        void remove(String key, long at) {
            if (get(key, at) == null) {
                return;
            }
            newest = Math.max(newest, at);
            end(key, at);
        }

        // What hides no older value leaves nothing, so that a later put at an older checkpoint shows.
        private void end(String key, long at) {
            TreeMap<Long, Object> versions = keys.get(key);
            versions.put(at, null);
            Map.Entry<Long, Object> lower = versions.lowerEntry(at);
            if (lower == null || lower.getValue() == null) {
                versions.remove(at);
            }
        }

        void clear(long at) {
            newest = Math.max(newest, at);
            at(at).keySet().forEach(key -> end(key, at));
        }
    }
}
