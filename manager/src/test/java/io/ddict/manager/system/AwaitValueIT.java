package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What awaitValue promises. */
class AwaitValueIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration LONG = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 20_000})
    void returnsAtOnceIfTheValueIsThere(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("key", Content.of(1, length));
        dict.awaitValue("key", Content.of(1, length), LONG);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void returnsWhenTheValueArrives(int length) throws Exception {
        DDict<String, byte[]> dict = SERVICE.create();
        dict.put("other", Content.of(9, 9));
        var arrival = dict.async().awaitValue("key", Content.of(3, length), LONG);
        for (int seed = 0; seed < 3; seed++) {
            dict.put("key", Content.of(seed, length));
            awaitApplied(dict);
            assertThat(arrival).isNotDone();
        }
        dict.put("key", Content.of(3, length));
        arrival.get(5, TimeUnit.SECONDS);
    }

    @Test
    void seesAValueThatIsThereForAnInstantOnly() throws Exception {
        DDict<String, Integer> dict = SERVICE.create();
        for (int i = 0; i < 50; i++) {
            int wanted = i;
            long before = posted(dict);
            var arrival = dict.async().awaitValue("key", wanted, LONG);
            Await.until(LONG, () -> "request posted", () -> posted(dict) > before);
            dict.put("key", wanted);
            dict.put("key", -1);
            arrival.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void seesSumsOfAdditions() throws Exception {
        DDict<String, Long> dict = SERVICE.create();
        var arrival = dict.async().awaitValue("counter", 100L, LONG);
        Threads.run(4, thread -> {
            for (int i = 0; i < 50; i++) {
                dict.getAndAdd("counter", 1);
            }
        });
        arrival.get(5, TimeUnit.SECONDS);
    }

    @Test
    void wakesEveryWaiter() throws Exception {
        DDict<String, String> dict = SERVICE.create(DDictConfig.builder().managersPerNode(2));
        CompletableFuture<?>[] arrivals = new CompletableFuture<?>[50];
        for (int i = 0; i < arrivals.length; i++) {
            arrivals[i] = dict.async().awaitValue("key" + i % 5, "value", LONG);
        }
        for (int i = 0; i < 5; i++) {
            dict.put("key" + i, "value");
        }
        CompletableFuture.allOf(arrivals).get(10, TimeUnit.SECONDS);
    }

    @Test
    void tellsTypesApart() {
        DDict<String, Object> dict = SERVICE.create();
        dict.put("key", new byte[]{1, 0, 0, 0, 0, 0, 0, 0});
        assertThatThrownBy(() -> dict.awaitValue("key", 1L, Duration.ofMillis(20)))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20_000})
    void timesOutAndIsForgotten(int length) {
        DDict<String, byte[]> dict = SERVICE.create();
        assertThat(dict.size()).isZero();
        Await.until(LONG, () -> "all memory is free", () -> used(dict) == 0);
        for (int i = 0; i < 20; i++) {
            long startNs = System.nanoTime();
            assertThatThrownBy(
                    () -> dict.awaitValue("key", Content.of(1, length), Duration.ofMillis(20)))
                    .isInstanceOf(DDictTimeoutException.class)
                    .hasMessageContaining("the manager did not answer in time")
                    .hasMessageContaining("timeout=20ms");
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isBetween(
                    Duration.ofMillis(20), Duration.ofSeconds(5));
        }
        Await.until(LONG, () -> "all memory is free again: used=" + used(dict),
                () -> used(dict) == 0);
        dict.put("key", Content.of(1, length));
        assertThat(dict.get("key")).isEqualTo(Content.of(1, length));
    }

    @Test
    void doesNotWaitWithoutTime() {
        DDict<String, Integer> dict = SERVICE.create();
        assertThatThrownBy(() -> dict.awaitValue("key", 1, Duration.ZERO))
                .isInstanceOf(DDictTimeoutException.class);
    }

    @Test
    void refusesATimeThatIsNegative() {
        DDict<String, Integer> dict = SERVICE.create();
        assertThatThrownBy(() -> dict.awaitValue("key", 1, Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timeout is negative: timeout=PT-0.000000001S");
    }

    @Test
    void takesAnyTimeHoweverLong() {
        DDict<String, Integer> dict = SERVICE.create();
        dict.put("key", 1);
        dict.awaitValue("key", 1, Duration.ofSeconds(Long.MAX_VALUE));
        dict.withTimeout(Duration.ofSeconds(Long.MAX_VALUE)).getAndAdd("counter", 1);
    }

    private static void awaitApplied(DDict<?, ?> dict) {
        assertThat(dict.size()).isNotNegative();
    }

    private static long posted(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().posted();
    }

    private static long used(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().usedBytes();
    }
}
