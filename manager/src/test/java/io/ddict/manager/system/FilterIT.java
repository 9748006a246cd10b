package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.Filtered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Functions that run beside the data of each manager. The seed of random tests is printed; {@code
 * -Dddict.managers.seed=…} repeats them.
 */
@Timeout(60)
class FilterIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final long SEED = Long.getLong("ddict.managers.seed", System.nanoTime());
    private static final Duration SOON = Duration.ofMillis(200);
    private static final int MANAGERS = 3;

    @AfterEach
    void leavesNoThread() {
        Await.until(
                Duration.ofSeconds(10), () -> "end of the filters' threads: " + workers(),
                () -> workers().isEmpty());
    }

    private static List<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ddict-filter-"))
                .toList();
    }

    @Test
    void findsWhatAMapWouldInItsOrder() {
        System.out.println("FilterIT: -Dddict.managers.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        DDict<Integer, String> dict = create();
        Map<Integer, String> expected = new HashMap<>();
        for (int i = 0; i < 3_000; i++) {
            int key = random.nextInt(5_000);
            String value = "value " + random.nextInt(300);
            dict.put(key, value);
            expected.put(key, value);
        }
        Comparator<Map.Entry<Integer, String>> order =
                Map.Entry.<Integer, String>comparingByValue().thenComparing(Map.Entry::getKey);
        for (int limit : new int[]{0, 7, 2_500, 5_000}) {
            List<Map.Entry<Integer, String>> wanted = expected.entrySet().stream()
                    .filter(entry -> entry.getKey() < limit)
                    .sorted(order)
                    .toList();
            try (Filtered<Map.Entry<Integer, String>> found =
                    dict.filter((key, value) -> key < limit, order)) {
                assertThat(found).toIterable().containsExactlyElementsOf(wanted);
                assertThat(found.hasNext()).isFalse();
                assertThatThrownBy(found::next).isInstanceOf(NoSuchElementException.class);
            }
        }
    }

    @Test
    void mergesWhatFunctionsFindInEachShard() {
        DDict<Integer, Integer> dict = create();
        for (int i = 0; i < 500; i++) {
            dict.put(i, i * 7 % 500);
        }
        // The three largest of each manager hold the three largest of all.
        try (Filtered<Integer> largest = dict.filter(
                shard -> sorted(shard.values()).limit(3).iterator(),
                Comparator.<Integer>reverseOrder())) {
            assertThat(largest.stream().limit(3)).containsExactly(499, 498, 497);
        }
        try (Stream<Integer> all = dict.filter(
                shard -> sorted(shard.values()).iterator(), Comparator.<Integer>reverseOrder())
                .stream()) {
            assertThat(all).hasSize(500).isSortedAccordingTo(Comparator.reverseOrder());
        }
        try (Filtered<Integer> shards = dict.filter(
                shard -> List.of(shard.whichManager(0)).iterator(),
                Comparator.<Integer>naturalOrder())) {
            assertThat(shards).toIterable().containsExactly(0, 1, 2);
        }
        try (Filtered<Map.Entry<Integer, Integer>> one =
                dict.manager(1).filter((key, value) -> true, Map.Entry.comparingByKey())) {
            assertThat(one.stream().map(Map.Entry::getKey))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 500).filter(key -> dict.whichManager(key) == 1)
                                    .boxed().toList());
        }
    }

    private static Stream<Integer> sorted(Iterable<Integer> values) {
        return StreamSupport.stream(values.spliterator(), false)
                .sorted(Comparator.reverseOrder());
    }

    @Test
    void looksAheadNoFurtherThanItsBound() {
        DDict<Integer, Integer> dict = create();
        AtomicInteger asked = new AtomicInteger();
        try (Filtered<Integer> found = dict.filter(
                shard -> counting(asked), Comparator.<Integer>naturalOrder())) {
            Await.until(
                    Duration.ofSeconds(10), () -> "results ahead: " + asked,
                    () -> asked.get() >= 256 * MANAGERS);
            Await.pass(SOON);
            assertThat(asked.get()).isLessThanOrEqualTo(257 * MANAGERS);
            for (int i = 0; i < 3_000; i++) {
                assertThat(found.next()).isEqualTo(i / MANAGERS);
            }
        }
    }

    private static Iterator<Integer> counting(AtomicInteger asked) {
        return IntStream.iterate(0, i -> i + 1).peek(i -> asked.incrementAndGet()).iterator();
    }

    @Test
    void endsItsThreadsWhenItIsClosedEarly() {
        DDict<Integer, Integer> dict = create();
        for (int i = 0; i < 1_000; i++) {
            dict.put(i, i);
        }
        Filtered<Integer> endless = dict.filter(
                shard -> counting(new AtomicInteger()), Comparator.<Integer>naturalOrder());
        assertThat(endless.next()).isZero();
        endless.close();
        endless.close();
        assertThat(endless.hasNext()).isFalse();
        CountDownLatch begun = new CountDownLatch(MANAGERS);
        Filtered<Map.Entry<Integer, Integer>> slow = dict.filter((key, value) -> {
            begun.countDown();
            return !Await.holdsWithin(SOON, () -> false);
        }, Map.Entry.comparingByKey());
        await(begun);
        slow.close();
        assertThat(slow.hasNext()).isFalse();
        assertThat(dict.size()).isEqualTo(1_000);
    }

    @Test
    void endsItsThreadsWhenTheDictionarysHandleIsClosed() {
        DDict<Integer, Integer> created = create();
        DDict<Integer, Integer> dict = DDict.attach(created.serialize());
        Filtered<Integer> left = dict.filter(
                shard -> counting(new AtomicInteger()), Comparator.<Integer>naturalOrder());
        assertThat(left.next()).isZero();
        dict.close();
        assertThatThrownBy(() -> dict.filter((key, value) -> true, Map.Entry.comparingByKey()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void throwsWhatTheFunctionThrowsAndEnds() {
        DDict<Integer, Integer> dict = create();
        for (int i = 0; i < 100; i++) {
            dict.put(i, i);
        }
        Filtered<Map.Entry<Integer, Integer>> found = dict.filter((key, value) -> {
            if (key == 50) {
                throw new ArithmeticException("fifty");
            }
            return true;
        }, Map.Entry.comparingByKey());
        assertThatThrownBy(() -> found.forEachRemaining(entry -> {}))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("fifty");
        assertThat(found.hasNext()).isFalse();
        Filtered<Integer> nulls = dict.filter(
                shard -> new ArrayList<>(java.util.Collections.<Integer>singletonList(null))
                        .iterator(),
                Comparator.<Integer>naturalOrder());
        assertThatThrownBy(nulls::next)
                .isInstanceOf(NullPointerException.class)
                .hasMessage("result of a filter is null");
        assertThatThrownBy(() -> dict.filter((key, value) -> true, null))
                .isInstanceOf(NullPointerException.class);
    }

    @Test
    void waitsNoLongerThanItsTimeoutAndGoesOnAfterwards() {
        DDict<Integer, Integer> dict = create();
        CountDownLatch ready = new CountDownLatch(1);
        try (Filtered<Integer> found = dict.withTimeout(SOON).filter(shard -> {
            await(ready);
            return List.of(shard.whichManager(0)).iterator();
        }, Comparator.<Integer>naturalOrder())) {
            assertThatThrownBy(found::hasNext)
                    .isInstanceOf(DDictTimeoutException.class)
                    .hasMessage("time over: a filter's function gave no result in time,"
                            + " timeout=200ms, manager=0");
            ready.countDown();
            assertThat(found).toIterable().containsExactly(0, 1, 2);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void looksAtTheCheckpointThatItWasCalledAt() {
        DDict<Integer, Integer> dict = create(DDictConfig.builder().workingSetSize(3));
        dict.put(1, 10);
        dict.checkpoint();
        dict.put(1, 11);
        dict.put(2, 21);
        dict.rollback();
        Filtered<Map.Entry<Integer, Integer>> old =
                dict.filter((key, value) -> true, Map.Entry.comparingByKey());
        dict.checkpoint();
        assertThat(old).toIterable().containsExactly(Map.entry(1, 10));
        assertThat(dict.filter((key, value) -> true, Map.Entry.comparingByKey())).toIterable()
                .containsExactly(Map.entry(1, 11), Map.entry(2, 21));
    }

    @Test
    void tellsThatTheDictionaryWasDestroyed() {
        DDict<Integer, Integer> created = create();
        created.put(1, 1);
        DDict<Integer, Integer> dict = DDict.attach(created.serialize());
        CountDownLatch destroyed = new CountDownLatch(1);
        Filtered<Integer> found = dict.filter(shard -> {
            await(destroyed);
            return shard.keys().iterator();
        }, Comparator.<Integer>naturalOrder());
        created.destroy();
        destroyed.countDown();
        assertThatThrownBy(found::hasNext).isInstanceOf(DestroyedException.class);
        dict.close();
    }

    private static <K, V> DDict<K, V> create() {
        return create(DDictConfig.builder());
    }

    private static <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        return SERVICE.create(config.managersPerNode(MANAGERS).totalMemory(ByteSize.mib(24)));
    }
}
