package io.ddict.pool.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.pool.NothingLeft;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queues whose items go from one process to another without the manager, and what ends that. */
@ExtendWith(NothingLeft.class)
@Timeout(180)
class LaneIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    // After which nothing more comes back.
    private static final Duration SETTLED = Duration.ofSeconds(1);
    private static final int STOP = 19;
    private static final int CONTINUE = 18;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100})
    void carriesEveryItemInItsOrder(int capacity) throws Exception {
        DQueue<byte[]> queue = capacity == 0 ? DQueue.create() : DQueue.create(capacity);
        int items = 100_000;
        Process putter = Process.start(ProcessTemplate.of(() -> {
            for (int item = 0; item < items; item++) {
                awaitTaker(queue, item);
                queue.put(message(item));
            }
        }));
        for (int item = 0; item < items; item++) {
            assertThat(queue.poll(LONG)).isEqualTo(message(item));
        }
        assertThat(putter.join(LONG)).isZero();
        if (capacity != 1) {
            assertThat(lanes(queue)).isPositive();
        }
        assertThat(queue.poll()).isNull();
    }

    // At first one that is not faster than its taker: then there is a lane.
    private static void awaitTaker(DQueue<?> queue, int item) {
        long endNs = System.nanoTime() + LONG.toNanos();
        while (item < 1_000 && queue.size() > 10) {
            assertThat(System.nanoTime()).as("something is taken").isLessThan(endNs);
            LockSupport.parkNanos(100_000);
        }
    }

    // Of most lengths, and now and then longer than a lane takes.
    private static byte[] message(int item) {
        byte[] message = new byte[4 + (item % 5_000 == 4_999 ? 3 << 20 : item % 777)];
        message[0] = (byte) item;
        message[3] = (byte) (item >> 8);
        return message;
    }

    @Test
    void wakesATakerThatSleeps() throws Exception {
        DQueue<Integer> there = DQueue.create();
        DQueue<Integer> back = DQueue.create();
        Process echo = Process.start(ProcessTemplate.of(() -> {
            for (int item = there.take(); item >= 0; item = there.take()) {
                back.put(item);
            }
        }));
        SplittableRandom random = new SplittableRandom(3);
        for (int item = 0; item < 3_000; item++) {
            there.put(item);
            assertThat(back.poll(LONG)).isEqualTo(item);
            if (item > 1_000) {
                LockSupport.parkNanos(random.nextInt(3) * random.nextLong(1_500_000));
            }
        }
        there.put(-1);
        assertThat(echo.join(LONG)).isZero();
        assertThat(lanes(there)).isPositive();
        assertThat(lanes(back)).isPositive();
    }

    @Test
    void othersMayPutAndTakeWheneverTheyLike() throws Exception {
        DQueue<Integer> queue = DQueue.create();
        int rounds = 5;
        int items = 40_000;
        Process taker = Process.start(ProcessTemplate.of(() -> takeAll(queue)));
        for (int round = 0; round < rounds; round++) {
            put(queue, round * 2 * items, items);
            int from = (round * 2 + 1) * items;
            Process other = Process.start(ProcessTemplate.of(() -> put(queue, from, items)));
            Process second = Process.start(ProcessTemplate.of(() -> takeAll(queue)));
            assertThat(other.join(LONG)).isZero();
            queue.put(-1);
            queue.put(-1);
            long[] one = second.result(LONG);
            long[] two = taker.result(LONG);
            long numbers = 2L * items;
            long first = round * numbers;
            assertThat(one[0] + two[0]).isEqualTo(numbers);
            assertThat(one[1] + two[1])
                    .isEqualTo(numbers * first + numbers * (numbers - 1) / 2);
            taker = Process.start(ProcessTemplate.of(() -> takeAll(queue)));
        }
        queue.put(-1);
        assertThat(taker.<long[]>result(LONG)).containsExactly(0, 0);
        assertThat(lanes(queue)).isPositive();
    }

    private static void put(DQueue<Integer> queue, int from, int count)
            throws InterruptedException {
        for (int item = from; item < from + count; item++) {
            awaitTaker(queue, item - from);
            queue.put(item);
        }
    }

    // How many, and their sum.
    private static long[] takeAll(DQueue<Integer> queue) throws InterruptedException {
        long[] taken = new long[2];
        for (int item = queue.take(); item >= 0; item = queue.take()) {
            taken[0]++;
            taken[1] += item;
        }
        return taken;
    }

    // What is there, and what may still be on its way from somebody who has ended.
    private static Integer rest(DQueue<Integer> queue) throws InterruptedException {
        Integer item = queue.poll(SETTLED);
        return item == null && !queue.isEmpty() ? queue.poll(LONG) : item;
    }

    @Test
    void whatAKilledPutterPutIsThereInItsOrder() throws Exception {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 12; round++) {
            DQueue<Integer> queue = DQueue.create();
            DValue<Integer> progress = DValue.of("progress-" + round, 0);
            Process putter = Process.start(ProcessTemplate.of(() -> {
                for (int item = 1;; item++) {
                    queue.put(item);
                    if (item % 100 == 0) {
                        progress.set(item);
                    }
                }
            }));
            int last = 0;
            for (int end = 1_000 + random.nextInt(30_000); last < end; last++) {
                assertThat(queue.poll(LONG)).isEqualTo(last + 1);
            }
            assertThat(putter.kill()).isTrue();
            int _ = putter.join(LONG);
            for (Integer item = rest(queue); item != null; item = rest(queue)) {
                assertThat(item).isEqualTo(++last);
            }
            assertThat(last).isGreaterThanOrEqualTo(progress.get());
            NothingLeft.await("lane is removed", () -> laneFiles(queue) == 0);
            queue.destroy();
        }
    }

    // A taker that was killed has what it took with it, one item at most here, and nothing else.
    @Test
    void aKilledTakerHasNothingButWhatItTook() throws Exception {
        SplittableRandom random = new SplittableRandom(12);
        DQueue<Integer> queue = DQueue.create();
        DQueue<Integer> taken = DQueue.create();
        int next = 0;
        int kills = 12;
        List<Integer> seen = new ArrayList<>();
        for (int round = 0; round < kills; round++) {
            Process taker = Process.start(ProcessTemplate.of(() -> {
                while (true) {
                    taken.put(queue.take());
                }
            }));
            int first = next;
            for (int end = first + 2_000 + random.nextInt(20_000); next < end;) {
                awaitTaker(queue, next - first);
                queue.put(next++);
                for (Integer item = taken.poll(); item != null; item = taken.poll()) {
                    seen.add(item);
                }
            }
            assertThat(taker.kill()).isTrue();
            int _ = taker.join(LONG);
        }
        for (Integer item = rest(taken); item != null; item = rest(taken)) {
            seen.add(item);
        }
        for (Integer item = rest(queue); item != null; item = rest(queue)) {
            seen.add(item);
        }
        assertThat(seen).isSorted().doesNotHaveDuplicates();
        assertThat(seen.size()).isBetween(next - kills, next);
        assertThat(lanes(queue)).isPositive();
    }

    @Test
    void aStoppedTakerHoldsNobodyUp() throws Exception {
        DQueue<byte[]> queue = DQueue.<byte[]>builder().memory(ByteSize.mib(64)).create();
        DQueue<Integer> count = DQueue.create();
        Process taker = Process.start(ProcessTemplate.of(() -> {
            for (byte[] item = queue.take(); item.length > 0; item = queue.take()) {
                count.put(item.length);
            }
        }));
        int items = 0;
        for (; items < 50_000; items++) {
            awaitTaker(queue, items);
            queue.put(new byte[100]);
        }
        assertThat(taker.signal(STOP)).isTrue();
        try {
            // More than a lane holds.
            for (; items < 100_000; items++) {
                queue.put(new byte[100]);
            }
            // Before the signal reaches it, the taker may take some more.
            assertThat(queue.size()).isGreaterThanOrEqualTo(40_000);
        } finally {
            assertThat(taker.signal(CONTINUE)).isTrue();
        }
        queue.put(new byte[0]);
        assertThat(taker.join(LONG)).isZero();
        for (; items > 0; items--) {
            assertThat(count.poll(LONG)).isEqualTo(100);
        }
        assertThat(lanes(queue)).isPositive();
    }

    @Test
    void answersAllQuestionsWhileThereIsALane() throws Exception {
        DQueue<Integer> queue = DQueue.create(200);
        // Whoever puts and takes in turn, both from one process, has a lane to itself.
        for (int item = 0; item < 1_000; item++) {
            queue.put(item);
            assertThat(queue.poll()).isEqualTo(item);
        }
        assertThat(lanes(queue)).isPositive();
        for (int item = 0; item < 200; item++) {
            assertThat(queue.offer(item)).isTrue();
            assertThat(queue).hasSize(item + 1);
        }
        assertThat(queue.offer(200)).isFalse();
        assertThat(queue.remainingCapacity()).isZero();
        assertThat(queue.peek()).isZero();
        DQueue.Received<Integer> received = queue.receive(LONG);
        assertThat(received.item()).isZero();
        assertThat(queue).hasSize(199);
        received.giveBack();
        for (int item = 0; item < 100; item++) {
            assertThat(queue.take()).isEqualTo(item);
        }
        try (DQueue<Integer> other = DQueue.attach(queue.serialize())) {
            NothingLeft.await("what was given ahead is back", () -> other.size() == 100);
            List<Integer> rest = new ArrayList<>();
            assertThat(other.drainTo(rest)).isEqualTo(100);
            assertThat(rest).containsExactlyElementsOf(
                    IntStream.range(100, 200).boxed().toList());
        }
        assertThat(queue.poll()).isNull();
        assertThat(queue.isEmpty()).isTrue();
    }

    // The second is too long for the lane, and so by another way, and behind it all the same.
    @Test
    void whatComesBackFromALaneComesBackToItsPlace() throws Exception {
        DQueue<byte[]> queue = DQueue.create();
        for (int item = 0; item < 1_000; item++) {
            queue.put(new byte[1]);
            assertThat(queue.poll()).hasSize(1);
        }
        assertThat(lanes(queue)).isPositive();
        for (int round = 0; round < 3; round++) {
            queue.put(new byte[1]);
            queue.put(new byte[5 << 20]);
            queue.put(new byte[2]);
            DQueue.Received<byte[]> first = queue.receive(LONG);
            assertThat(first.item()).hasSize(1);
            first.giveBack();
            assertThat(queue.take()).hasSize(1);
            assertThat(queue.take()).hasSize(5 << 20);
            assertThat(queue.take()).hasSize(2);
        }
    }

    // By their processes' links, of which this attaches one more.
    private static long lanes(DQueue<?> queue) {
        try (DDict<?, ?> dict = DDict.attach(queue.serialize().split("\\|", -1)[0])) {
            return dict.stats().managers().getFirst().counters().get("lanes-opened");
        }
    }

    private static long laneFiles(DQueue<?> queue) {
        try (DDict<?, ?> dict = DDict.attach(queue.serialize().split("\\|", -1)[0])) {
            Path directory = dict.topology().getFirst().poolDirectory();
            try (Stream<Path> files = Files.list(directory)) {
                return files.filter(each -> each.getFileName().toString().startsWith("lane-"))
                        .count();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
