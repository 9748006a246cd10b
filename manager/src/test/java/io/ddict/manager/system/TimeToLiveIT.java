package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.AttachOptions;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.Versioned;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Values that end by themselves. */
class TimeToLiveIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration BRIEFLY = Duration.ofMillis(150);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @Test
    void isThereUntilItsTimeIsOverInEveryWayToLookAtIt() {
        DDict<String, byte[]> dict = SERVICE.create();
        DDict<String, byte[]> other =
                SERVICE.cluster().attach(dict.name(), AttachOptions.DEFAULTS);
        byte[] large = Content.of(3, 50_000);
        dict.withTimeToLive(LONG).put("long", new byte[]{1, 2, 3});
        dict.withTimeToLive(LONG).put("large", large);
        dict.put("ever", new byte[1]);
        for (DDict<String, byte[]> each : List.of(dict, other)) {
            assertThat(each.get("long")).containsExactly(1, 2, 3);
            assertThat(each.get("large")).isEqualTo(large);
            assertThat(each.getVersioned("long").value()).containsExactly(1, 2, 3);
            assertThat(each.<Long>view("large", MemorySegment::byteSize)).isEqualTo(50_000L);
            assertThat(each.get("large", MemorySegment.ofArray(new byte[50_000])))
                    .isEqualTo(50_000);
            assertThat(each.containsKey("long")).isTrue();
            assertThat(each.replace("long", new byte[]{9}, new byte[0])).isFalse();
        }
        dict.withTimeToLive(SECOND).put("long", new byte[]{4});
        dict.withTimeToLive(SECOND).put("large", large);
        assertThat(other.get("long")).containsExactly(4);
        Await.until(SOON, () -> "time is over", () -> other.get("large") == null);
        for (DDict<String, byte[]> each : List.of(dict, other)) {
            assertThat(each.get("long")).isNull();
            assertThat(each.getVersioned("long")).isNull();
            assertThat(each.<Long>view("large", MemorySegment::byteSize)).isNull();
            assertThat(each.get("large", MemorySegment.ofArray(new byte[1]))).isEqualTo(-1);
            assertThat(each.containsKey("long")).isFalse();
            assertThat(each.keys()).containsExactly("ever");
            assertThat(each.getAll(List.of("long", "ever"))).containsOnlyKeys("ever");
            assertThat(each.remove("long")).isNull();
        }
        Await.until(SOON, () -> "it is not counted any more: " + dict.stats(),
                () -> dict.size() == 1);
    }

    // Again if its time was over before anybody had looked.
    private static long putBriefly(
            DDict<String, String> dict, DDict<String, String> brief, String key) {
        while (true) {
            brief.put(key, "brief");
            Versioned<String> stored = dict.getVersioned(key);
            String there = dict.putIfAbsent(key, "late");
            if (stored != null && there != null) {
                assertThat(there).isEqualTo("brief");
                return stored.version();
            }
        }
    }

    @Test
    void isAbsentForConditionsOnceItsTimeIsOver() {
        DDict<String, String> dict = SERVICE.create();
        DDict<String, String> brief = dict.withTimeToLive(BRIEFLY);
        for (int i = 0; i < 20; i++) {
            String key = "key" + i;
            long version = putBriefly(dict, brief, key);
            Await.until(SOON, () -> "time is over", () -> !dict.containsKey(key));
            switch (i % 4) {
                case 0 -> assertThat(dict.putIfAbsent(key, "ever")).isNull();
                case 1 -> {
                    assertThat(dict.compareAndSet(key, version, "other")).isZero();
                    assertThat(dict.compareAndSet(key, 0, "ever")).isGreaterThan(version);
                }
                case 2 -> {
                    assertThat(dict.replace(key, "other")).isNull();
                    dict.put(key, "ever");
                }
                default -> {
                    assertThat(dict.remove(key, "brief")).isFalse();
                    dict.put(key, "ever");
                }
            }
        }
        Await.pass(BRIEFLY.plus(BRIEFLY));
        for (int i = 0; i < 20; i++) {
            assertThat(dict.get("key" + i)).isEqualTo("ever");
        }
    }

    @Test
    void holdsForEveryWayToStore() throws Exception {
        DDict<String, Object> dict = SERVICE.create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(16)));
        DDict<String, Object> brief = dict.withTimeToLive(Duration.ofSeconds(4));
        brief.put("put", 1L);
        brief.putAll(Map.of("all1", "value", "all2", new byte[20_000]));
        assertThat(brief.putIfAbsent("absent", 2.5)).isNull();
        dict.put("replaced", "ever");
        assertThat(brief.replace("replaced", "brief")).isEqualTo("ever");
        brief.broadcastPut("broadcast", "value");
        brief.manager(1).put("managed", "value");
        brief.asMap().put("map", "value");
        brief.async().put("async", "value").get();
        brief.awaitValue("put", 1L, SOON);
        assertThat(dict.get("put")).isEqualTo(1L);
        assertThat(dict.broadcastGet("broadcast")).isEqualTo("value");
        assertThat(dict.size()).isEqualTo(10);
        Await.until(SOON, () -> "all end: " + dict.stats(), dict::isEmpty);
        assertThat(dict.asMap()).isEmpty();
    }

    @Test
    void givesMemoryBackByItself() {
        DDict<Integer, byte[]> dict = SERVICE.create();
        // But for the blocks that wait for this client's next values.
        long free = free(dict) - (1 << 20);
        DDict<Integer, byte[]> brief = dict.withTimeToLive(BRIEFLY);
        for (int i = 0; i < 1_000; i++) {
            brief.put(i, new byte[i % 10 == 0 ? 30_000 : 500]);
        }
        Await.until(SOON, () -> "all is free again: " + dict.stats(),
                () -> dict.isEmpty() && free(dict) >= free);
    }

    @Test
    void endsNothingWhileTheDictionaryIsFrozenButShowsNothingThatIsOver() {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.withTimeToLive(Duration.ofSeconds(2)).put("key", new byte[100]);
        dict.freeze();
        MemorySegment view = dict.view("key");
        assertThat(view.byteSize()).isEqualTo(100);
        Await.until(SOON, () -> "time is over", () -> !dict.containsKey("key"));
        assertThat(dict.view("key")).isNull();
        // What was handed out holds until the dictionary is writable.
        assertThat(view.byteSize()).isEqualTo(100);
        dict.unfreeze();
        Await.until(SOON, () -> "it is ended", dict::isEmpty);
    }

    @Test
    void keepsItsTimeWhenItIsPersistedAndRestored() {
        DDict<String, String> dict = SERVICE.create(DDictConfig.builder().name("timed")
                .persister("posix").persistPath(folder).totalMemory(ByteSize.mib(16)));
        dict.withTimeToLive(Duration.ofSeconds(6)).put("brief", "value");
        dict.withTimeToLive(LONG).put("long", "value");
        dict.persist();
        dict.clear();
        dict.restore(0);
        assertThat(dict.get("brief")).isEqualTo("value");
        Await.until(SOON, () -> "time is over", () -> dict.get("brief") == null);
        dict.restore(0);
        assertThat(dict.get("brief")).isNull();
        assertThat(dict.get("long")).isEqualTo("value");
    }

    @Test
    void refusesCountersSeveralCheckpointsAndTimesThatMakeNoSense() {
        DDict<String, Long> dict = SERVICE.create();
        DDict<String, Long> brief = dict.withTimeToLive(LONG);
        brief.put("key", 5L);
        assertThatThrownBy(() -> dict.getAndAdd("key", 1))
                .isInstanceOfSatisfying(DDictException.class,
                        e -> assertThat(e.status()).isEqualTo(DDictException.Status.TYPE));
        assertThatThrownBy(() -> brief.getAndAdd("key", 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("counters have no time to live: dictionary=" + dict.name()
                        + "; add by a handle without one");
        List<Duration> times = new ArrayList<>(
                List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(50_000)));
        for (Duration each : times) {
            assertThatThrownBy(() -> dict.withTimeToLive(each))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(
                            "time to live is not in PT0.001S..PT876000H: timeToLive=");
        }
        DDict<String, Long> several = SERVICE.create(
                DDictConfig.builder().workingSetSize(2).totalMemory(ByteSize.mib(16)));
        assertThatThrownBy(() -> several.withTimeToLive(LONG))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("values of a dictionary that holds several checkpoints have no time to"
                        + " live: dictionary=" + several.name());
    }

    private static long free(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().freeBytes();
    }
}
