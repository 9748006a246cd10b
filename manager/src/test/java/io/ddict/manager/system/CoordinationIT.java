package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.SharedCounter;
import io.ddict.client.SharedQueue;
import io.ddict.client.SharedQueue.Taken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What processes can wait for by way of a dictionary: integers within bounds, and queues. */
class CoordinationIT {
    @RegisterExtension
    static final SharedService SERVICE = new SharedService();

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    @Test
    void addsAtOnceWithinBounds() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedCounter counter = SharedCounter.of(dict, "counter");
        assertThat(counter.get()).isZero();
        assertThat(counter.addWithin(5, 0, 5, 0, LONG)).isZero();
        assertThat(counter.addWithin(-2, 0, 5, 0, LONG)).isEqualTo(5);
        assertThat(counter.tryAddWithin(3, 0, 5, 0)).isEmpty();
        assertThat(counter.tryAddWithin(2, 0, 5, 0)).hasValue(3);
        counter.add(7, 0);
        assertThat(counter.get()).isEqualTo(12);
        assertThat(dict.get("counter")).isEqualTo(12L);
        assertThat(counter.addWithin(0, 12, 12, 0, LONG)).isEqualTo(12);
        assertThat(counter.tryAddWithin(Long.MAX_VALUE, 0, Long.MAX_VALUE, 0)).isEmpty();
        dict.put("counter", "text");
        for (int delta = 0; delta < 2; delta++) {
            int amount = delta;
            assertThatThrownBy(() -> counter.addWithin(amount, 0, 5, 0, LONG))
                    .isInstanceOf(DDictException.class)
                    .hasMessageContaining("not a 64-bit integer");
        }
    }

    @Test
    void addsNothingWhenItsTimeIsOver() throws Exception {
        SharedCounter counter = SharedCounter.of(SERVICE.create(), "counter");
        assertThatThrownBy(() -> counter.addWithin(-1, 0, 9, 0, SHORT))
                .isInstanceOf(DDictTimeoutException.class);
        counter.add(1, 0);
        assertThat(counter.addWithin(-1, 0, 9, 0, LONG)).isEqualTo(1);
        assertThat(counter.get()).isZero();
    }

    @Test
    void subtractsInTheOrderTheyCame() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedCounter counter = SharedCounter.of(dict, "counter");
        List<Integer> order = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> waiting = new ArrayList<>();
            for (int amount : new int[]{3, 1, 2}) {
                long before = posted(dict);
                waiting.add(threads.submit((Callable<Void>) () -> {
                    long _ = counter.addWithin(-amount, 0, 9, 0, LONG);
                    synchronized (order) {
                        order.add(amount);
                    }
                    return null;
                }));
                Await.until(LONG, () -> "request", () -> posted(dict) > before);
            }
            // Enough for the second and third, but the first one's turn it is.
            counter.add(2, 0);
            assertThat(counter.tryAddWithin(-1, 0, 9, 0)).isEmpty();
            assertThat(counter.get()).isEqualTo(2);
            for (int granted : new int[]{1, 2, 2, 3}) {
                counter.add(1, 0);
                Await.until(LONG, () -> "turn of " + granted, () -> sizeOf(order) == granted);
            }
            for (Future<?> each : waiting) {
                assertThat(each.get(30, TimeUnit.SECONDS)).isNull();
            }
        }
        assertThat(order).containsExactly(3, 1, 2);
        assertThat(counter.get()).isZero();
    }

    @Test
    void onlyOneHoldsAPermitAtATime() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedCounter permits = SharedCounter.of(dict, "permits");
        permits.add(1, 0);
        AtomicInteger holders = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Callable<Integer> work = () -> {
                int most = 0;
                for (int round = 0; round < 200; round++) {
                    long _ = permits.addWithin(-1, 0, 9, 1, LONG);
                    most = Math.max(most, holders.incrementAndGet());
                    holders.decrementAndGet();
                    permits.add(1, -1);
                }
                return most;
            };
            for (Future<Integer> each : threads.invokeAll(List.of(work, work, work, work))) {
                assertThat(each.get()).isEqualTo(1);
            }
        }
        assertThat(permits.get()).isEqualTo(1);
    }

    @Test
    void aPermitOfAProcessThatDiesComesBack() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedCounter permits = SharedCounter.of(dict, "permits");
        permits.add(1, 0);
        for (int round = 0; round < 3; round++) {
            ChildProcess child = startRole(dict, "permit");
            assertThat(permits.tryAddWithin(-1, 0, 9, 0)).isEmpty();
            child.kill();
            assertThat(permits.addWithin(-1, 0, 9, 0, LONG)).isEqualTo(1);
            permits.add(1, 0);
            forget(child);
        }
    }

    @Test
    void endsItsWaitWhenItsThreadIsInterrupted() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedCounter counter = SharedCounter.of(dict, "counter");
        SharedQueue<String> queue = SharedQueue.of(dict, 7, 1);
        queue.put("first", LONG);
        for (Callable<?> call : List.<Callable<?>>of(
                () -> counter.addWithin(-1, 0, 9, 0, LONG),
                () -> SharedQueue.of(dict, 8, 0).take(1, LONG),
                () -> {
                    queue.put("second", LONG);
                    return null;
                })) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread waiting = Thread.ofVirtual().start(() -> {
                try {
                    Object _ = call.call();
                } catch (Exception e) {
                    thrown.set(e);
                }
            });
            Await.until(LONG, () -> "wait",
                    () -> waiting.getState() == Thread.State.TIMED_WAITING);
            waiting.interrupt();
            assertThat(waiting.join(LONG)).isTrue();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        }
        counter.add(1, 0);
        assertThat(counter.get()).isEqualTo(1);
        assertThat(takeAll(queue, 10)).containsExactly("first");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 3_000, 100_000, 5_000_000})
    void givesItemsInTheOrderTheyWerePut(int length) throws Exception {
        DDict<String, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(96)));
        SharedQueue<byte[]> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        for (int item = 0; item < 10; item++) {
            queue.post(Content.of(item, length));
        }
        assertThat(queue.size()).isEqualTo(10);
        for (int item = 0; item < 10; item++) {
            List<Taken<byte[]>> taken = queue.take(1, LONG);
            assertThat(taken).hasSize(1);
            assertThat(taken.getFirst().item()).isEqualTo(Content.of(item, length));
            assertThat(taken.getFirst().times()).isZero();
            queue.acknowledge(taken.getFirst().number());
        }
        assertThat(queue.size()).isZero();
        assertThat(queue.take(1, Duration.ZERO)).isEmpty();
        assertThat(queue.take(1, SHORT)).isEmpty();
    }

    @Test
    void oneProcessMayUseLanesOfTwoQueuesInTurn() throws Exception {
        DDict<String, Long> dict = SERVICE.create();
        List<SharedQueue<Integer>> queues = List.of(
                SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED),
                SharedQueue.of(dict, 8, SharedQueue.UNBOUNDED));
        for (int item = 0; item < 3_000; item++) {
            for (SharedQueue<Integer> queue : queues) {
                if (!queue.putInLane(item, LONG)) {
                    queue.post(item);
                }
            }
            for (SharedQueue<Integer> queue : queues) {
                assertThat(takeFromLaneOrBesideIt(queue)).isEqualTo(item);
            }
        }
        assertThat(dict.stats().managers().getFirst().counters().get("lanes-opened"))
                .isPositive();
    }

    private static int takeFromLaneOrBesideIt(SharedQueue<Integer> queue)
            throws InterruptedException {
        long endNs = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() - endNs < 0) {
            Integer passed = queue.takeFromLane(true);
            if (passed != null) {
                return passed;
            }
            for (SharedQueue.Taken<Integer> each : queue.takeBesideLane(1, LONG)) {
                queue.acknowledge(each.number());
                return each.item();
            }
        }
        throw new AssertionError("no item came in time");
    }

    @Test
    void aFullQueueTakesItemsAsOthersLeave() throws Exception {
        SharedQueue<Integer> queue = SharedQueue.of(SERVICE.create(), 7, 3);
        for (int item = 0; item < 3; item++) {
            assertThat(queue.offer(item)).isTrue();
        }
        assertThat(queue.offer(99)).isFalse();
        assertThatThrownBy(() -> queue.put(98, SHORT)).isInstanceOf(DDictTimeoutException.class);
        queue.post(3);
        assertThat(queue.size()).isEqualTo(3);
        CompletableFuture<Void> put =
                CompletableFuture.runAsync(() -> put(queue, 4), Thread::startVirtualThread);
        assertThat(takeAll(queue, 2)).containsExactly(0, 1);
        put.get(30, TimeUnit.SECONDS);
        assertThat(takeAll(queue, 9)).containsExactly(2, 3, 4);
        assertThat(queue.offer(5)).isTrue();
        assertThat(takeAll(queue, 9)).containsExactly(5);
    }

    @Test
    void eachItemIsTakenOnce() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<Integer> queue = SharedQueue.of(dict, 7, 100);
        int items = 4_000;
        Set<Integer> seen = new HashSet<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<List<Integer>>> takers = new ArrayList<>();
            for (int taker = 0; taker < 3; taker++) {
                int most = 1 + 7 * taker;
                takers.add(threads.submit(() -> takeUntil(queue, most)));
            }
            List<Future<?>> putters = IntStream.range(0, 3)
                    .<Future<?>>mapToObj(putter -> threads.submit(
                            () -> IntStream.range(0, items)
                                    .filter(item -> item % 3 == putter)
                                    .forEach(item -> put(queue, item))))
                    .toList();
            for (Future<?> each : putters) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isNull();
            }
            for (int taker = 0; taker < 3; taker++) {
                put(queue, -1);
            }
            for (Future<List<Integer>> each : takers) {
                List<Integer> taken = each.get(60, TimeUnit.SECONDS);
                for (int putter = 0; putter < 3; putter++) {
                    int of = putter;
                    assertThat(taken.stream().filter(item -> item % 3 == of)).isSorted();
                }
                assertThat(taken).allMatch(seen::add);
            }
        }
        assertThat(seen).hasSize(items);
        assertThat(dict.size()).isZero();
    }

    @Test
    void whoeverTakesAloneIsGivenManyAtATime() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<Integer> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        for (int item = 0; item < 100; item++) {
            queue.post(item);
        }
        int item = 0;
        int largest = 0;
        while (item < 100) {
            List<Taken<Integer>> taken = queue.take(40, LONG);
            largest = Math.max(largest, taken.size());
            for (Taken<Integer> each : taken) {
                assertThat(each.item()).isEqualTo(item++);
                queue.acknowledge(each.number());
            }
        }
        assertThat(largest).isEqualTo(40);
    }

    @Test
    void whatADeadProcessHadTakenGoesBackToItsPlace() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<Integer> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        for (int item = 0; item < 5; item++) {
            queue.post(item);
        }
        ChildProcess child = startRole(dict, "take", "3");
        assertThat(queue.size()).isEqualTo(2);
        child.kill();
        Await.until(LONG, () -> "items back", () -> queue.size() == 5);
        List<Taken<Integer>> taken = takeEach(queue, 5);
        assertThat(taken).extracting(Taken::item).containsExactly(0, 1, 2, 3, 4);
        assertThat(taken).extracting(Taken::times).containsExactly(1, 1, 1, 0, 0);
        taken.forEach(each -> queue.acknowledge(each.number()));
        assertThat(dict.size()).isZero();
        forget(child);
    }

    @Test
    void whatADeadProcessWaitedForGoesToAnother() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<Integer> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        ChildProcess child = startRole(dict, "wait");
        long links = links(dict);
        child.kill();
        Await.until(LONG, () -> "link ended", () -> links(dict) < links);
        queue.post(1);
        assertThat(takeAll(queue, 1)).containsExactly(1);
        forget(child);
    }

    @Test
    void whatIsGivenBackIsNextAgain() throws Exception {
        SharedQueue<String> queue = SharedQueue.of(SERVICE.create(), 7, SharedQueue.UNBOUNDED);
        queue.post("a");
        queue.post("b");
        Taken<String> first = queue.take(1, LONG).getFirst();
        Taken<String> second = queue.take(1, LONG).getFirst();
        queue.giveBack(second.number());
        queue.giveBack(first.number());
        assertThat(takeEach(queue, 2)).containsExactly(
                new Taken<>(first.number(), 1, "a"), new Taken<>(second.number(), 1, "b"));
    }

    @Test
    void whoeverWaitsForADestroyedQueueIsTold() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<String> queue = SharedQueue.of(dict, 7, 1);
        SharedQueue<String> empty = SharedQueue.of(dict, 8, 1);
        queue.put("a", LONG);
        long before = posted(dict);
        CompletableFuture<Void> put =
                CompletableFuture.runAsync(() -> put(queue, "b"), Thread::startVirtualThread);
        CompletableFuture<Void> take =
                CompletableFuture.runAsync(() -> takeAll(empty, 1), Thread::startVirtualThread);
        Await.until(LONG, () -> "both wait", () -> posted(dict) >= before + 2);
        queue.destroy();
        empty.destroy();
        for (CompletableFuture<?> each : List.of(put, take)) {
            assertThat(each).failsWithin(LONG)
                    .withThrowableThat()
                    .withCauseInstanceOf(DestroyedException.class);
        }
        for (Callable<?> call : List.<Callable<?>>of(
                () -> empty.take(1, LONG), () -> empty.take(1, Duration.ZERO),
                () -> queue.offer("c"), queue::size)) {
            assertThatThrownBy(call::call).isInstanceOf(DestroyedException.class);
        }
        queue.post("d");
        queue.destroy();
        Await.until(LONG, () -> "no item is left", () -> dict.size() == 0);
    }

    @Test
    void aFullMemoryRefusesItemsAndTakesThemAgain() throws Exception {
        DDict<String, Object> dict = SERVICE.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(8)));
        SharedQueue<byte[]> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        int put = 0;
        try {
            while (true) {
                queue.post(Content.of(put, 100_000));
                put++;
            }
        } catch (DDictFullException e) {
            assertThat(put).isPositive();
        }
        for (int item = 0; item < put; item++) {
            Taken<byte[]> taken = queue.take(1, LONG).getFirst();
            assertThat(taken.item()).isEqualTo(Content.of(item, 100_000));
            queue.acknowledge(taken.number());
        }
        queue.post(Content.of(1, 100_000));
        assertThat(takeAll(queue, 1)).hasSize(1);
    }

    @Test
    void aFrozenDictionaryChangesNothing() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<String> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        SharedCounter counter = SharedCounter.of(dict, "counter");
        queue.post("a");
        assertThat(queue.size()).isEqualTo(1);
        dict.freeze();
        assertThatThrownBy(() -> queue.post("b")).isInstanceOf(FrozenException.class);
        assertThatThrownBy(() -> queue.take(1, LONG)).isInstanceOf(FrozenException.class);
        assertThatThrownBy(() -> counter.add(1, 0)).isInstanceOf(FrozenException.class);
        dict.unfreeze();
        assertThat(takeAll(queue, 1)).containsExactly("a");
    }

    @Test
    void needsADictionaryOfOneCheckpoint() {
        DDict<String, Object> dict =
                SERVICE.create(DDictConfig.builder().workingSetSize(2));
        assertThatThrownBy(() -> SharedCounter.of(dict, "counter").add(1, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("one checkpoint");
        assertThatThrownBy(() -> SharedQueue.of(dict, 7, 0).post("a"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void clearingTheDictionaryEmptiesItsQueues() throws Exception {
        DDict<String, Object> dict = SERVICE.create();
        SharedQueue<String> queue = SharedQueue.of(dict, 7, SharedQueue.UNBOUNDED);
        queue.post("a");
        dict.clear();
        assertThat(queue.size()).isZero();
        queue.post("b");
        assertThat(takeAll(queue, 9)).containsExactly("b");
    }

    private static int sizeOf(List<?> list) {
        synchronized (list) {
            return list.size();
        }
    }

    private static List<Integer> takeUntil(SharedQueue<Integer> queue, int most)
            throws InterruptedException {
        List<Integer> items = new ArrayList<>();
        boolean ended = false;
        while (!ended) {
            for (Taken<Integer> each : queue.take(most, LONG)) {
                if (ended && each.item() < 0) {
                    queue.giveBack(each.number());
                    continue;
                }
                queue.acknowledge(each.number());
                if (each.item() >= 0) {
                    items.add(each.item());
                } else {
                    ended = true;
                }
            }
        }
        return items;
    }

    private static <E> List<E> takeAll(SharedQueue<E> queue, int most) {
        List<Taken<E>> taken = takeEach(queue, most);
        taken.forEach(each -> queue.acknowledge(each.number()));
        return taken.stream().map(Taken::item).toList();
    }

    // One by one: whoever is not alone for long is not given more at a time. Waits for the first only.
    private static <E> List<Taken<E>> takeEach(SharedQueue<E> queue, int most) {
        try {
            List<Taken<E>> taken = new ArrayList<>(queue.take(1, LONG));
            for (int left = most - 1; left > 0; left--) {
                taken.addAll(queue.take(1, Duration.ZERO));
            }
            return taken;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static <E> void put(SharedQueue<E> queue, E item) {
        try {
            queue.put(item, LONG);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static ChildProcess startRole(DDict<?, ?> dict, String... arguments) {
        List<String> all = new ArrayList<>(List.of(dict.serialize()));
        all.addAll(Arrays.asList(arguments));
        ChildProcess child = SERVICE.machine()
                .start(CoordinationRole.class, all.toArray(String[]::new));
        String _ = child.await("has");
        return child;
    }

    private static void forget(ChildProcess child) {
        int _ = child.awaitEnd();
        SERVICE.machine().forget(child);
    }

    private static long posted(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().posted();
    }

    private static long links(DDict<?, ?> dict) {
        return dict.stats().managers().getFirst().counter("links");
    }
}
