package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every writing call promises. */
class WritesIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    @Test
    void replacesTheValueOnEachPut() {
        DDict<String, Object> dict = SERVICE.create();
        for (Object value : List.of("text", 5L, new byte[10_000], "", 2.5, List.of("a", 1),
                new byte[0])) {
            dict.put("key", value);
            assertThat(dict.get("key")).isEqualTo(value);
        }
        assertThat(dict.size()).isEqualTo(1);
    }

    @Test
    void putsEveryEntryOfAMap() {
        DDict<String, Integer> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        Map<String, Integer> entries = new LinkedHashMap<>();
        for (int i = 0; i < 500; i++) {
            entries.put("key" + i, i);
        }
        dict.putAll(entries);
        assertThat(dict.getAll(entries.keySet())).isEqualTo(entries);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void putsOnlyIfAbsent(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        assertThat(dict.putIfAbsent("key", Content.of(1, length))).isNull();
        assertThat(dict.putIfAbsent("key", Content.of(2, length))).isEqualTo(Content.of(1, length));
        assertThat(dict.get("key")).isEqualTo(Content.of(1, length));
        dict.remove("key");
        assertThat(dict.putIfAbsent("key", Content.of(3, length))).isNull();
        assertThat(dict.get("key")).isEqualTo(Content.of(3, length));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void replacesOnlyWhatIsThere(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        assertThat(dict.replace("key", Content.of(1, length))).isNull();
        assertThat(dict.containsKey("key")).isFalse();
        dict.put("key", Content.of(1, length));
        assertThat(dict.replace("key", Content.of(2, length))).isEqualTo(Content.of(1, length));
        assertThat(dict.get("key")).isEqualTo(Content.of(2, length));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000, 300_000})
    void replacesOnlyAnEqualValue(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        assertThat(dict.replace("key", Content.of(1, length), Content.of(2, length))).isFalse();
        dict.put("key", Content.of(1, length));
        assertThat(dict.replace("key", Content.of(2, length), Content.of(3, length))).isFalse();
        assertThat(dict.replace("key", Content.of(1, length - 1), Content.of(3, length))).isFalse();
        assertThat(dict.get("key")).isEqualTo(Content.of(1, length));
        assertThat(dict.replace("key", Content.of(1, length), Content.of(4, 5))).isTrue();
        assertThat(dict.get("key")).isEqualTo(Content.of(4, 5));
    }

    @Test
    void tellsEqualBytesOfDifferentTypesApart() {
        DDict<String, Object> dict = SERVICE.create();
        dict.put("key", 1L);
        assertThat(dict.replace("key", new byte[]{1, 0, 0, 0, 0, 0, 0, 0}, 2L)).isFalse();
        assertThat(dict.remove("key", 1)).isFalse();
        assertThat(dict.remove("key", 1L)).isTrue();
    }

    @Test
    void removesAndReturnsTheValue() {
        DDict<String, byte[]> dict = SERVICE.create();
        assertThat(dict.remove("key")).isNull();
        dict.put("key", Content.of(1, 50));
        assertThat(dict.remove("key")).isEqualTo(Content.of(1, 50));
        assertThat(dict.remove("key")).isNull();
        dict.put("key", Content.of(2, 500_000));
        assertThat(dict.remove("key")).isEqualTo(Content.of(2, 500_000));
        assertThat(dict.get("key")).isNull();
    }

    @Test
    void removesOnlyAnEqualValue() {
        DDict<String, String> dict = SERVICE.create();
        assertThat(dict.remove("key", "value")).isFalse();
        dict.put("key", "value");
        assertThat(dict.remove("key", "other")).isFalse();
        assertThat(dict.get("key")).isEqualTo("value");
        assertThat(dict.remove("key", "value")).isTrue();
        assertThat(dict.containsKey("key")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void comparesVersionsAndSets(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        long first = dict.compareAndSet("key", 0, Content.of(1, length));
        assertThat(first).isPositive();
        assertThat(dict.getVersioned("key").version()).isEqualTo(first);
        assertThat(dict.compareAndSet("key", 0, Content.of(2, length))).isZero();
        assertThat(dict.compareAndSet("key", first + 1, Content.of(2, length))).isZero();
        assertThat(dict.get("key")).isEqualTo(Content.of(1, length));
        long second = dict.compareAndSet("key", first, Content.of(3, length));
        assertThat(second).isGreaterThan(first);
        assertThat(dict.compareAndSet("key", first, Content.of(4, length))).isZero();
        assertThat(dict.get("key")).isEqualTo(Content.of(3, length));
        dict.remove("key");
        assertThat(dict.compareAndSet("key", second, Content.of(5, length))).isZero();
        assertThat(dict.get("key")).isNull();
    }

    @Test
    void setsExactlyOnceForEachVersion() {
        DDict<String, Long> dict = SERVICE.create();
        dict.put("key", 0L);
        int threads = 4;
        int perThread = 300;
        Threads.run(threads, thread -> {
            for (int done = 0; done < perThread;) {
                var read = dict.getVersioned("key");
                done += dict.compareAndSet("key", read.version(), read.value() + 1) != 0 ? 1 : 0;
            }
        });
        assertThat(dict.get("key")).isEqualTo((long) threads * perThread);
    }

    @Test
    void addsToIntegers() {
        DDict<String, Object> dict = SERVICE.create();
        assertThat(dict.getAndAdd("key", 0)).isZero();
        assertThat(dict.get("key")).isEqualTo(0L);
        assertThat(dict.getAndAdd("key", 5)).isZero();
        assertThat(dict.getAndAdd("key", -7)).isEqualTo(5);
        assertThat(dict.get("key")).isEqualTo(-2L);
        dict.put("key", Long.MAX_VALUE);
        assertThat(dict.getAndAdd("key", 1)).isEqualTo(Long.MAX_VALUE);
        assertThat(dict.get("key")).isEqualTo(Long.MIN_VALUE);
        dict.remove("key");
        assertThat(dict.getAndAdd("key", 1)).isZero();
    }

    @Test
    void losesNoAdditionOfManyThreads() {
        DDict<String, Long> dict = SERVICE.create();
        Threads.run(4, thread -> {
            for (int i = 0; i < 2_000; i++) {
                dict.getAndAdd("key" + i % 3, thread + 1L);
            }
        });
        long sum = dict.get("key0") + dict.get("key1") + dict.get("key2");
        assertThat(sum).isEqualTo(2_000 * (1 + 2 + 3 + 4));
    }

    @Test
    void letsExactlyOneThreadPutIfAbsent() {
        DDict<String, Integer> dict = SERVICE.create();
        int[] won = new int[4];
        Threads.run(4, thread -> {
            for (int i = 0; i < 500; i++) {
                won[thread] += dict.putIfAbsent("key" + i, thread) == null ? 1 : 0;
            }
        });
        assertThat(IntStream.of(won).sum()).isEqualTo(500);
        int[] stored = new int[4];
        for (int i = 0; i < 500; i++) {
            stored[dict.get("key" + i)]++;
        }
        assertThat(stored).isEqualTo(won);
    }

    @Test
    void letsExactlyOneThreadRemove() {
        DDict<String, Integer> dict = SERVICE.create();
        for (int i = 0; i < 500; i++) {
            dict.put("key" + i, i);
        }
        int[] removed = new int[4];
        Threads.run(4, thread -> {
            for (int i = 0; i < 500; i++) {
                Integer value = dict.remove("key" + i);
                assertThat(value == null || value == i).isTrue();
                removed[thread] += value == null ? 0 : 1;
            }
        });
        assertThat(IntStream.of(removed).sum()).isEqualTo(500);
        assertThat(dict.size()).isZero();
    }

    @Test
    void clearsAndGoesOn() {
        DDict<Integer, byte[]> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 2_000; i++) {
                dict.put(i, Content.of(i, i % 100 == 0 ? 10_000 : i % 50));
            }
            assertThat(dict.size()).isEqualTo(2_000);
            dict.clear();
            assertThat(dict.size()).isZero();
            assertThat(dict.keys()).isEmpty();
            dict.put(1, Content.of(1, 1));
            assertThat(dict.get(1)).isEqualTo(Content.of(1, 1));
            assertThat(dict.get(2)).isNull();
        }
    }

    @Test
    void answersAsynchronously() throws Exception {
        DDict<String, Long> dict = SERVICE.create();
        assertThat(dict.async().put("key", 1L).get(5, TimeUnit.SECONDS)).isNull();
        assertThat(dict.async().get("key").get(5, TimeUnit.SECONDS)).isEqualTo(1L);
        assertThat(dict.async().putIfAbsent("key", 2L).get(5, TimeUnit.SECONDS)).isEqualTo(1L);
        assertThat(dict.async().getAndAdd("key", 2).get(5, TimeUnit.SECONDS)).isEqualTo(1L);
        long version = dict.getVersioned("key").version();
        assertThat(dict.async().compareAndSet("key", version, 9L).get(5, TimeUnit.SECONDS))
                .isPositive();
        assertThat(dict.async().size().get(5, TimeUnit.SECONDS)).isEqualTo(1L);
        assertThat(dict.async().remove("key").get(5, TimeUnit.SECONDS)).isEqualTo(9L);
        CompletableFuture<Long> refused = dict.async().get(null);
        assertThatThrownBy(refused::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(NullPointerException.class);
    }

    @Test
    void answersManyAsynchronousCalls() {
        DDict<Integer, Integer> dict = SERVICE.create();
        CompletableFuture<?>[] puts = new CompletableFuture<?>[2_000];
        for (int i = 0; i < puts.length; i++) {
            puts[i] = dict.async().put(i, i);
        }
        CompletableFuture.allOf(puts).join();
        CompletableFuture<?>[] adds = new CompletableFuture<?>[2_000];
        for (int i = 0; i < adds.length; i++) {
            adds[i] = dict.async().remove(i);
        }
        CompletableFuture.allOf(adds).join();
        for (int i = 0; i < adds.length; i++) {
            assertThat(adds[i].resultNow()).isEqualTo(i);
        }
    }

    @Test
    void refusesToAddToWhatIsNoInteger() {
        DDict<String, Object> dict = SERVICE.create();
        for (Object value : List.of("text", 5, new byte[8], new byte[10_000], 1.0)) {
            dict.put("key", value);
            assertThatThrownBy(() -> dict.getAndAdd("key", 1))
                    .isInstanceOfSatisfying(
                            DDictException.class,
                            e -> assertThat(e.status()).isEqualTo(DDictException.Status.TYPE))
                    .hasMessageStartingWith("value is not a 64-bit integer (a Long)");
            assertThat(dict.get("key")).isEqualTo(value);
        }
    }
}
