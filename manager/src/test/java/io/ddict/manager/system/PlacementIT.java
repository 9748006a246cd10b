package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.Batch;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.Placement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Keys that go where the user's function says. The seed of random tests is printed; {@code
 * -Dddict.managers.seed=…} repeats them.
 */
@Timeout(60)
class PlacementIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.managers.seed", System.nanoTime());
    private static final int MANAGERS = 3;

    /** Lists go with their first element, whole numbers to the slot of their number. */
    record ByFirst() implements Placement {
        @Override
        public int slot(Object key) {
            return key instanceof List<?> list ? (Integer) list.getFirst() : (Integer) key;
        }
    }

    /** So many keys in a row go together. */
    record ByRange(int length) implements Placement {
        @Override
        public int slot(Object key) {
            return (Integer) key / length;
        }

        @Override
        public String name() {
            return "by-range-of-" + length;
        }
    }

    @Test
    void putsKeysTogetherThatHaveTheSameSlot() {
        DDict<Object, String> dict = create(new ByFirst());
        for (int customer = 0; customer < 7; customer++) {
            for (int order = 0; order < 20; order++) {
                List<Integer> key = List.of(customer, order);
                dict.put(key, "order " + order);
                assertThat(dict.whichManager(key)).isEqualTo(customer % MANAGERS);
            }
        }
        assertThat(dict.manager(0).size()).isEqualTo(60);
        assertThat(dict.manager(1).keys())
                .allMatch(key -> (Integer) ((List<?>) key).get(0) % 3 == 1);
        try (DDict<Object, String> other = attach(dict, new ByFirst())) {
            assertThat(other.get(List.of(5, 3))).isEqualTo("order 3");
        }
    }

    @Test
    void equalsAHashMapWithAPlacementOfItsOwn() {
        System.out.println("PlacementIT: -Dddict.managers.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<Integer, Integer> dict = create(new ByRange(10));
        Map<Integer, Integer> expected = new HashMap<>();
        for (int round = 0; round < 200; round++) {
            try (Batch<Integer, Integer> batch = dict.batch()) {
                for (int i = 0; i < 20; i++) {
                    int key = random.nextInt(300);
                    batch.put(key, i);
                    expected.put(key, i);
                }
            }
            int key = random.nextInt(300);
            assertThat(dict.remove(key)).isEqualTo(expected.remove(key));
            assertThat(dict.putIfAbsent(key, -1)).isNull();
            expected.put(key, -1);
        }
        assertThat(dict.asMap()).isEqualTo(expected);
        assertThat(dict.getAll(expected.keySet())).isEqualTo(expected);
        for (int manager = 0; manager < MANAGERS; manager++) {
            int number = manager;
            assertThat(dict.manager(manager).keys())
                    .allMatch(each -> each / 10 % MANAGERS == number);
        }
    }

    @Test
    void refusesAHandleThatWouldLookElsewhere() {
        DDict<Integer, Integer> dict = create(new ByRange(10));
        DDict<Integer, Integer> plain = SERVICE.create();
        String phrase = "keys of this dictionary are placed by another function: dictionary=";
        assertThatThrownBy(() -> DDict.attach(dict.serialize()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(phrase + dict.name() + ", placement=by-range-of-10, yours=by hash"
                        + "; attach with AttachOptions.withPlacement(...)");
        assertThatThrownBy(() -> attach(dict, new ByRange(20)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("placement=by-range-of-10, yours=by-range-of-20");
        assertThatThrownBy(() -> attach(plain, new ByFirst()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("placement=by hash, yours=" + ByFirst.class.getName());
        assertThat(dict.stats().managers())
                .allSatisfy(each -> assertThat(each.counters().get("links")).isEqualTo(1));
    }

    @Test
    void needsNoPlacementForCallsWithoutAKey() {
        DDict<Integer, Integer> dict = create(new ByRange(10));
        dict.put(15, 1);
        try (DDict<Integer, Integer> other = attach(dict, Placement.unknown())) {
            assertThat(other.size()).isEqualTo(1);
            assertThat(other.keys()).containsExactly(15);
            assertThat(other.manager(1).get(15)).isEqualTo(1);
            assertThatThrownBy(() -> other.get(15))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("dictionary places its keys by a function that this"
                            + " handle does not have: key=15");
        }
        DDict<Integer, Integer> plain = SERVICE.create();
        plain.put(15, 2);
        try (DDict<Integer, Integer> other = attach(plain, Placement.unknown())) {
            assertThat(other.get(15)).isEqualTo(2);
        }
    }

    @Test
    void sendsNothingWhenThePlacementFails() {
        DDict<Object, Integer> dict = create(new ByFirst());
        for (int slot : new int[]{-1, Placement.SLOTS, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> dict.put(slot, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("placement gave no slot: slot=" + slot + ", slots=65536, key="
                            + slot + ", placement=" + ByFirst.class.getName());
        }
        assertThatThrownBy(() -> dict.put("text", 1)).isInstanceOf(ClassCastException.class);
        dict.put(Placement.SLOTS - 1, 1);
        assertThat(dict.whichManager(Placement.SLOTS - 1)).isEqualTo(65_535 % MANAGERS);
        assertThat(dict.size()).isEqualTo(1);
    }

    @Test
    void refusesAPlacementThatNobodyElseCouldName() {
        Placement lambda = key -> 0;
        for (Placement refused : List.of(lambda, Placement.unknown(), named(""),
                named("n".repeat(1_001)))) {
            DDictConfig.Builder config = DDictConfig.builder().placement(refused);
            assertThatThrownBy(config::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("placement has no name that other processes know; it is a"
                            + " class, or has a name() of 1 to 1000 letters: name=");
        }
    }

    private static Placement named(String name) {
        return new Placement() {
            @Override
            public int slot(Object key) {
                return 0;
            }

            @Override
            public String name() {
                return name;
            }
        };
    }

    private static <K, V> DDict<K, V> create(Placement placement) {
        return SERVICE.create(DDictConfig.builder()
                .managersPerNode(MANAGERS)
                .totalMemory(ByteSize.mib(24))
                .placement(placement));
    }

    private static <K, V> DDict<K, V> attach(DDict<K, V> dict, Placement placement) {
        return DDict.attach(
                dict.serialize(), AttachOptions.DEFAULTS.withPlacement(placement));
    }
}
