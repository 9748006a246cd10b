package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random calls against a {@link HashMap}. The seed is printed; {@code -Dddict.model.seed=…} repeats a
 * run, {@code -Dddict.model.operations=…} makes it longer.
 */
class ModelIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.model.seed", System.nanoTime());
    private static final int OPERATIONS = Integer.getInteger("ddict.model.operations", 15_000);
    private static final int KEYS = 400;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void equalsAHashMap(int managers) {
        System.out.println("ModelIT: -Dddict.model.seed=" + SEED);
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(managers).totalMemory(ByteSize.mib(128)));
        Model model = new Model(dict, new SplittableRandom(SEED + managers), "", KEYS);
        for (int i = 0; i < OPERATIONS; i++) {
            model.step();
        }
        model.check();
        assertThat(dict.size()).isEqualTo(model.expected.size());
        Map<Object, Object> iterated = new HashMap<>();
        dict.entries().forEach(entry -> iterated.put(entry.getKey(), entry.getValue()));
        assertThat(iterated.keySet()).isEqualTo(model.expected.keySet());
        iterated.forEach((key, value) -> assertThat(value).isEqualTo(model.expected.get(key)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void equalsAHashMapWithLargeValuesOnADisk(int workingSetSize, @TempDir Path disk) {
        System.out.println("ModelIT: -Dddict.model.seed=" + SEED);
        DDict<Object, Object> dict = SERVICE.create(DDictConfig.builder()
                .totalMemory(ByteSize.mib(16))
                .workingSetSize(workingSetSize)
                .spill(disk, ByteSize.mib(128)));
        Threads.run(3, thread -> {
            Model model =
                    new Model(dict, new SplittableRandom(SEED + thread), "thread" + thread + "-",
                            20 * KEYS / 3);
            for (int i = 0; i < OPERATIONS / 3; i++) {
                model.step();
            }
            model.check();
        });
        assertThat(dict.stats().managers().getFirst().counter("values-spilled")).isPositive();
    }

    @Test
    void servesEightThreadsOnOneHandle() {
        System.out.println("ModelIT: -Dddict.model.seed=" + SEED);
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(256)));
        Threads.run(8, thread -> {
            Model model =
                    new Model(dict, new SplittableRandom(SEED + thread), "thread" + thread + "-",
                            KEYS);
            for (int i = 0; i < OPERATIONS / 8; i++) {
                model.step();
            }
            model.check();
        });
    }

    @Test
    void servesVirtualThreads() {
        DDict<Object, Object> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(256)));
        try (Threads threads = new Threads(Thread.ofVirtual().factory())) {
            threads.start(200, thread -> {
                Model model = new Model(dict, new SplittableRandom(SEED + thread),
                        "virtual" + thread + "-", 20);
                for (int i = 0; i < 50; i++) {
                    model.step();
                }
                model.check();
            });
            threads.await(java.time.Duration.ofSeconds(40));
        }
    }

    /** One thread's keys, and what they should hold. */
    private static final class Model {
        private final DDict<Object, Object> dict;
        private final SplittableRandom random;
        private final String prefix;
        private final int keys;
        private final Map<Object, Object> expected = new HashMap<>();

        Model(DDict<Object, Object> dict, SplittableRandom random, String prefix, int keys) {
            this.keys = keys;
            this.dict = dict;
            this.random = random;
            this.prefix = prefix;
        }

        void step() {
            Object key = prefix + random.nextInt(keys);
            Object old = expected.get(key);
            switch (random.nextInt(13)) {
                case 0, 1, 2 -> put(key);
                case 3, 4 -> {
                    same(dict.remove(key), old);
                    expected.remove(key);
                }
                case 5 -> putIfAbsent(key, old);
                case 6 -> replace(key, old);
                case 7 -> compareAndSet(key, old);
                case 8 -> removeIfEqual(key, old);
                case 9 -> replaceIfEqual(key, old);
                case 10 -> add(key, old);
                case 11 -> putBatch();
                default -> {
                    same(dict.get(key), old);
                    assertThat(dict.containsKey(key)).isEqualTo(old != null);
                }
            }
        }

        void check() {
            expected.forEach((key, value) -> same(dict.get(key), value));
            for (int i = 0; i < keys; i++) {
                Object key = prefix + i;
                assertThat(dict.containsKey(key)).isEqualTo(expected.containsKey(key));
            }
        }

        private void put(Object key) {
            Object value = value();
            dict.put(key, value);
            expected.put(key, value);
        }

        private void putBatch() {
            try (Batch<Object, Object> batch = dict.batch()) {
                int count = random.nextInt(20);
                for (int i = 0; i < count; i++) {
                    Object key = prefix + random.nextInt(keys);
                    Object value = value();
                    batch.put(key, value);
                    expected.put(key, value);
                }
                assertThat(batch.end().stored()).isEqualTo(count);
            }
        }

        private void putIfAbsent(Object key, Object old) {
            Object value = value();
            same(dict.putIfAbsent(key, value), old);
            expected.putIfAbsent(key, value);
        }

        private void replace(Object key, Object old) {
            Object value = value();
            same(dict.replace(key, value), old);
            expected.replace(key, value);
        }

        private void compareAndSet(Object key, Object old) {
            Object value = value();
            var read = dict.getVersioned(key);
            same(read == null ? null : read.value(), old);
            long version = read == null ? 0 : read.version();
            boolean wrong = random.nextInt(4) == 0;
            long written = dict.compareAndSet(key, wrong ? version + 1 : version, value);
            if (wrong) {
                assertThat(written).isZero();
            } else {
                assertThat(written).isGreaterThan(version);
                expected.put(key, value);
            }
        }

        private void removeIfEqual(Object key, Object old) {
            Object guess = old != null && random.nextBoolean() ? old : value();
            boolean equal = old != null && sameBytes(old, guess);
            assertThat(dict.remove(key, guess)).isEqualTo(equal);
            if (equal) {
                expected.remove(key);
            }
        }

        private void replaceIfEqual(Object key, Object old) {
            Object guess = old != null && random.nextBoolean() ? old : value();
            Object value = value();
            boolean equal = old != null && sameBytes(old, guess);
            assertThat(dict.replace(key, guess, value)).isEqualTo(equal);
            if (equal) {
                expected.put(key, value);
            }
        }

        private void add(Object key, Object old) {
            if (old == null || old instanceof Long) {
                long before = old == null ? 0 : (Long) old;
                assertThat(dict.getAndAdd(key, 3)).isEqualTo(before);
                expected.put(key, before + 3);
            }
        }

        private Object value() {
            return switch (random.nextInt(20)) {
                case 0 -> Content.of(random.nextLong(), random.nextInt(4_000, 5_000));
                case 1 -> Content.of(random.nextLong(), random.nextInt(150_000));
                case 2, 3, 4, 5 -> random.nextLong(100);
                case 6, 7, 8 -> "text " + random.nextInt(50);
                case 9 -> "t\u00e4xt \u4e2d\u6587 " + random.nextInt(50);
                case 10 -> List.of(random.nextInt(5), "item");
                case 11 -> new double[]{random.nextDouble(), 1};
                default -> Content.of(random.nextInt(3), random.nextInt(60));
            };
        }

        private static void same(Object actual, Object expected) {
            if (actual instanceof byte[] bytes && expected instanceof byte[] other) {
                boolean equal =
                        MemorySegment.ofArray(bytes).mismatch(MemorySegment.ofArray(other)) == -1;
                assertThat(equal).as("equal bytes: lengths %s, %s", bytes.length, other.length)
                        .isTrue();
            } else {
                assertThat(actual).isEqualTo(expected);
            }
        }

        private static boolean sameBytes(Object one, Object other) {
            return Arrays.deepEquals(new Object[]{one}, new Object[]{other});
        }
    }
}
