package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictStats;
import io.ddict.client.Versioned;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every reading call promises. */
class ReadsIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    @Test
    void getsNullForAnAbsentKey() {
        DDict<String, String> dict = SERVICE.create();
        assertThat(dict.get("absent")).isNull();
        assertThat(dict.get("absent", "default")).isEqualTo("default");
        assertThat(dict.find("absent")).isEmpty();
        assertThat(dict.containsKey("absent")).isFalse();
        assertThat(dict.getVersioned("absent")).isNull();
        assertThat(dict.get("absent", MemorySegment.ofArray(new byte[8]))).isEqualTo(-1);
        assertThat(dict.<Long>view("absent", MemorySegment::byteSize)).isNull();
        assertThat(dict.getAll(List.of("absent", "absent too"))).isEmpty();
    }

    @Test
    void throwsForAnAbsentKeyWhereAskedTo() {
        DDict<String, String> dict = SERVICE.create();
        assertThatThrownBy(() -> dict.getOrThrow("absent"))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("key is absent: key=absent, dictionary=" + dict.name());
    }

    @Test
    void getsWhatWasPut() {
        DDict<String, String> dict = SERVICE.create();
        dict.put("key", "value");
        assertThat(dict.get("key")).isEqualTo("value");
        assertThat(dict.get("key", "default")).isEqualTo("value");
        assertThat(dict.getOrThrow("key")).isEqualTo("value");
        assertThat(dict.find("key")).contains("value");
        assertThat(dict.containsKey("key")).isTrue();
        assertThat(dict.getVersioned("key").value()).isEqualTo("value");
    }

    @Test
    void getsThoseOfManyKeysThatAreThere() {
        DDict<String, Integer> dict = SERVICE.create();
        dict.putAll(Map.of("one", 1, "two", 2, "three", 3));
        assertThat(dict.getAll(List.of("one", "three", "four")))
                .containsExactlyInAnyOrderEntriesOf(Map.of("one", 1, "three", 3));
    }

    @Test
    void tellsKeysOfDifferentTypesApart() {
        DDict<Object, String> dict = SERVICE.create();
        dict.put(1, "int");
        dict.put(1L, "long");
        dict.put("1", "text");
        dict.put(new byte[]{1, 0, 0, 0}, "bytes");
        assertThat(dict.get(1)).isEqualTo("int");
        assertThat(dict.get(1L)).isEqualTo("long");
        assertThat(dict.get("1")).isEqualTo("text");
        assertThat(dict.get(new byte[]{1, 0, 0, 0})).isEqualTo("bytes");
        assertThat(dict.size()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 100, 4_000, 4_095, 4_096, 4_097, 100_000, 262_143, 262_144,
        3_000_000})
    void getsValuesOfEveryLength(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        byte[] value = Content.of(length, length);
        dict.put("key", value);
        assertThat(dict.get("key")).isEqualTo(value);
        MemorySegment buffer = MemorySegment.ofArray(new byte[length + 3]);
        assertThat(dict.get("key", buffer)).isEqualTo(length);
        assertThat(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(value);
        assertThat(dict.<byte[]>view("key", bytes -> bytes.toArray(ValueLayout.JAVA_BYTE)))
                .isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4_000, 65_535})
    void getsValuesUnderKeysOfEveryLength(int keyLength) {
        DDict<byte[], byte[]> dict = SERVICE.create();
        byte[] key = Content.of(keyLength, keyLength);
        for (int valueLength : new int[]{0, 50, 10_000}) {
            dict.put(key, Content.of(7, valueLength));
            assertThat(dict.get(key)).isEqualTo(Content.of(7, valueLength));
        }
        assertThat(dict.keys()).containsExactly(key);
        assertThat(dict.remove(key)).hasSize(10_000);
        assertThat(dict.containsKey(key)).isFalse();
    }

    @Test
    void copiesIntoNativeMemory() {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(1, 5_000));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(5_000);
            assertThat(dict.get("key", buffer)).isEqualTo(5_000);
            assertThat(Content.isOf(1, buffer)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 500_000})
    void leavesABufferThatIsTooShortAsItWas(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(1, length));
        byte[] buffer = new byte[length - 1];
        Arrays.fill(buffer, (byte) 9);
        assertThatThrownBy(() -> dict.get("key", MemorySegment.ofArray(buffer)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "buffer too short: valueLength=" + length + "B, bufferLength="
                                + (length - 1) + "B");
        assertThat(buffer).containsOnly(9);
    }

    @Test
    void givesVersionsThatGrowWithEachWrite() {
        DDict<String, Object> dict = SERVICE.create();
        long last = 0;
        for (int i = 0; i < 20; i++) {
            dict.put("key", i);
            Versioned<Object> versioned = dict.getVersioned("key");
            assertThat(versioned.value()).isEqualTo(i);
            assertThat(versioned.version()).isGreaterThan(last);
            assertThat(dict.getVersioned("key").version()).isEqualTo(versioned.version());
            last = versioned.version();
            if (i % 5 == 4) {
                dict.remove("key");
            }
        }
    }

    @Test
    void viewsAValueThatDoesNotChangeUnderItsOverwriting() {
        DDict<String, byte[]> dict =
                SERVICE.create(DDictConfig.builder().totalMemory(ByteSize.mib(64)));
        dict.put("key", Content.sealed(0, 200_000));
        try (Threads threads = new Threads()) {
            SplittableRandom random = new SplittableRandom(1);
            threads.repeat(thread -> {
                int length = random.nextInt(Content.SEAL_LENGTH, 200_000);
                byte[] value = Content.sealed(random.nextLong(), length);
                // A reader that does not run for long keeps what was given up meanwhile.
                boolean _ = Writes.isRefused(() -> dict.put("key", value));
            });
            int changed = 0;
            byte[] before = dict.get("key");
            while (changed < 50) {
                threads.check();
                assertThat(dict.<Boolean>view("key", ReadsIT::isWholeTwice)).as("view is whole")
                        .isTrue();
                byte[] copy = dict.get("key");
                assertThat(Content.isWhole(MemorySegment.ofArray(copy))).as("copy is whole")
                        .isTrue();
                changed += Arrays.equals(copy, before) ? 0 : 1;
                before = copy;
            }
        }
    }

    @Test
    void viewsWithinAView() {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("outer", Content.of(1, 100));
        dict.put("inner", Content.of(2, 200));
        long sum = dict.<Long>view("outer", outer -> {
            dict.put("new", Content.of(3, 300));
            return outer.byteSize()
                    + dict.<Long>view("inner", MemorySegment::byteSize)
                    + dict.get("new").length;
        });
        assertThat(sum).isEqualTo(600);
    }

    @Test
    void endsAViewWhoseFunctionThrows() {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(1, 100));
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(
                    () -> dict.view("key", bytes -> bytes.get(ValueLayout.JAVA_BYTE, 100)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> dict.view("key", bytes -> bytes.fill((byte) 0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(dict.get("key")).isEqualTo(Content.of(1, 100));
    }

    @Test
    void countsKeys() {
        DDict<Integer, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(3));
        assertThat(dict.size()).isZero();
        assertThat(dict.isEmpty()).isTrue();
        for (int i = 0; i < 1_000; i++) {
            dict.put(i, i);
            dict.put(i, -i);
        }
        assertThat(dict.size()).isEqualTo(1_000);
        assertThat(dict.isEmpty()).isFalse();
        dict.remove(7);
        dict.remove(1_007);
        assertThat(dict.size()).isEqualTo(999);
        dict.clear();
        assertThat(dict.size()).isZero();
        assertThat(dict.get(8)).isNull();
    }

    @Test
    void tellsFiguresOfEachManager() {
        DDict<String, byte[]> dict =
                SERVICE.create(
                        DDictConfig.builder().name("figures").managersPerNode(2).entriesMax(1_000));
        for (int i = 0; i < 100; i++) {
            dict.put("key" + i, new byte[10_000]);
        }
        assertThat(dict.size()).isEqualTo(100);
        DDictStats stats = dict.stats();
        assertThat(stats.name()).isEqualTo("figures");
        assertThat(stats.entries()).isEqualTo(100);
        assertThat(stats.managers()).hasSize(2);
        for (DDictStats.Manager manager : stats.managers()) {
            assertThat(manager.entries()).isBetween(20L, 80L);
            assertThat(manager.entriesMax()).isBetween(500L, 700L);
            assertThat(manager.memoryLength()).isBetween(100L << 20, 128L << 20);
            assertThat(manager.applied()).isEqualTo(manager.posted()).isPositive();
            assertThat(manager.counters()).containsEntry("inserts", manager.entries());
        }
        assertThat(stats.managers()).extracting(DDictStats.Manager::manager).containsExactly(0, 1);
    }

    @Test
    void isFoundByItsText() {
        DDict<String, String> dict = SERVICE.create(DDictConfig.builder().name("by-text"));
        assertThat(dict.serialize()).isEqualTo("ddict:1:shared:by-text").isEqualTo(dict.toString());
        dict.put("key", "value");
        try (DDict<String, String> other = DDict.attach(dict.serialize(), AttachOptions.DEFAULTS)) {
            assertThat(other.name()).isEqualTo("by-text");
            assertThat(other.get("key")).isEqualTo("value");
            other.put("key", "value too");
        }
        assertThat(dict.get("key")).isEqualTo("value too");
    }

    private static boolean isWholeTwice(MemorySegment bytes) {
        boolean first = Content.isWhole(bytes);
        return Content.isWhole(bytes) && first;
    }
}
