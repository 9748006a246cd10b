package io.ddict.pool.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDictFullException;
import io.ddict.pool.NothingLeft;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queues between processes. */
@ExtendWith(NothingLeft.class)
class DQueueIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void isABlockingQueue() throws Exception {
        try (DQueue<String> queue = DQueue.create(3)) {
            assertThat(queue.poll()).isNull();
            assertThat(queue.peek()).isNull();
            assertThat(queue.poll(20, TimeUnit.MILLISECONDS)).isNull();
            assertThat(queue.offer("a")).isTrue();
            queue.put("b");
            assertThat(queue.add("c")).isTrue();
            assertThat(queue.offer("d")).isFalse();
            assertThat(queue.offer("d", 20, TimeUnit.MILLISECONDS)).isFalse();
            assertThatThrownBy(() -> queue.add("d")).isInstanceOf(IllegalStateException.class);
            assertThat(queue).hasSameSizeAs(new int[3]);
            assertThat(queue.remainingCapacity()).isZero();
            assertThat(queue.peek()).isEqualTo("a");
            assertThat(queue.take()).isEqualTo("a");
            assertThat(queue.remove()).isEqualTo("b");
            List<String> rest = new ArrayList<>();
            assertThat(queue.drainTo(rest)).isEqualTo(1);
            assertThat(rest).containsExactly("c");
            assertThat(queue.isEmpty()).isTrue();
            assertThatThrownBy(() -> queue.drainTo(queue))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(queue::iterator)
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> queue.offer(null)).isInstanceOf(NullPointerException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100})
    void carriesEveryItemOnceBetweenProcesses(int capacity) throws Exception {
        DQueue<Integer> queue = capacity == 0 ? DQueue.create() : DQueue.create(capacity);
        int items = 3_000;
        int processes = 2;
        List<Process> takers = new ArrayList<>();
        List<Process> putters = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
            int first = i;
            takers.add(Process.start(ProcessTemplate.of(() -> {
                List<Integer> taken = new ArrayList<>();
                for (int item = queue.take(); item >= 0; item = queue.take()) {
                    taken.add(item);
                }
                return taken.stream().mapToInt(Integer::intValue).toArray();
            })));
            putters.add(Process.start(ProcessTemplate.of(() -> {
                for (int item = first; item < items; item += processes) {
                    queue.put(item);
                }
            })));
        }
        putters.forEach(each -> assertThat(each.join(LONG)).isZero());
        for (int i = 0; i < processes; i++) {
            queue.put(-1);
        }
        List<Integer> all = new ArrayList<>();
        for (Process each : takers) {
            Arrays.stream(each.<int[]>result(LONG)).forEach(all::add);
        }
        assertThat(all).containsExactlyInAnyOrderElementsOf(
                IntStream.range(0, items).boxed().toList());
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void keepsTheOrderOfEachProcess() throws Exception {
        DQueue<Integer> queue = DQueue.create(50);
        List<Process> putters = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int sign = 1 - 2 * i;
            putters.add(Process.start(ProcessTemplate.of(() -> {
                for (int item = 1; item <= 2_000; item++) {
                    queue.put(sign * item);
                }
            })));
        }
        int[] last = new int[2];
        for (int item = 0; item < 4_000; item++) {
            int taken = queue.take();
            int of = taken > 0 ? 0 : 1;
            assertThat(Math.abs(taken)).isEqualTo(last[of] + 1);
            last[of]++;
        }
        putters.forEach(each -> assertThat(each.join(LONG)).isZero());
    }

    @Test
    void waitsForMemoryWhenItIsFull() throws Exception {
        DQueue<byte[]> queue = DQueue.<byte[]>builder().memory(ByteSize.mib(8)).create();
        int items = 60;
        Process putter = Process.start(ProcessTemplate.of(() -> {
            for (int item = 0; item < items; item++) {
                byte[] value = new byte[500_000];
                value[0] = (byte) item;
                queue.put(value);
            }
        }));
        for (int item = 0; item < items; item++) {
            byte[] value = queue.take();
            assertThat(value).hasSize(500_000);
            assertThat(value[0]).isEqualTo((byte) item);
        }
        assertThat(putter.join(LONG)).isZero();
        assertThatThrownBy(() -> queue.put(new byte[20_000_000]))
                .isInstanceOf(DDictFullException.class);
        assertThat(queue.offer(new byte[20_000_000])).isFalse();
    }

    @Test
    void goesOnWhenAllIsTakenJustAfterItWasFull() throws Exception {
        DQueue<byte[]> queue = DQueue.<byte[]>builder().memory(ByteSize.mib(8)).create();
        int items = 1_000;
        // One fits beside another for a moment at most, so that most are refused at first.
        byte[] value = new byte[3_500_000];
        FutureTask<Integer> putter = new FutureTask<>(() -> {
            for (int item = 0; item < items; item++) {
                queue.put(value);
            }
            return items;
        });
        Thread.ofPlatform().start(putter);
        for (int item = 0; item < items; item++) {
            assertThat(queue.poll(LONG)).hasSize(value.length);
        }
        assertThat(putter.get()).isEqualTo(items);
    }

    @Test
    void isJoinedWhenAllIsDone() throws Exception {
        DQueue<Integer> queue = DQueue.<Integer>builder().joinable(true).create();
        for (int item = 0; item < 20; item++) {
            queue.put(item);
        }
        assertThat(queue.join(Duration.ofMillis(20))).isFalse();
        Process worker = Process.start(ProcessTemplate.of(() -> {
            for (int item = 0; item < 20; item++) {
                Integer _ = queue.take();
                queue.taskDone();
            }
        }));
        assertThat(queue.join(LONG)).isTrue();
        assertThat(worker.join(LONG)).isZero();
        assertThatThrownBy(queue::taskDone)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more items done than were put");
        try (DQueue<Integer> other = DQueue.create()) {
            assertThatThrownBy(other::taskDone).hasMessageContaining("not joinable");
        }
    }

    @Test
    void whatADeadProcessReceivedComesToAnother() throws Exception {
        DQueue<String> queue = DQueue.create();
        queue.put("a");
        queue.put("b");
        DEvent received = DEvent.create();
        Process doomed = Process.start(ProcessTemplate.of(() -> {
            var _ = queue.receive(LONG);
            received.set();
            boolean _ = DEvent.create().await(LONG);
        }));
        assertThat(received.await(LONG)).isTrue();
        assertThat(queue).hasSameSizeAs(new int[1]);
        assertThat(doomed.kill()).isTrue();
        NothingLeft.await("item is back", () -> queue.size() == 2);
        DQueue.Received<String> first = queue.receive(LONG);
        assertThat(first.item()).isEqualTo("a");
        assertThat(first.times()).isEqualTo(1);
        first.giveBack();
        DQueue.Received<String> again = queue.receive(LONG);
        assertThat(again.item()).isEqualTo("a");
        again.acknowledge();
        assertThat(queue.take()).isEqualTo("b");
        int _ = doomed.join(LONG);
    }

    @Test
    void whatAQuickTakerWasGivenAheadGoesBackWhenItPauses() throws Exception {
        DQueue<Integer> queue = DQueue.create();
        for (int item = 0; item < 1_000; item++) {
            queue.put(item);
        }
        for (int item = 0; item < 500; item++) {
            assertThat(queue.take()).isEqualTo(item);
        }
        try (DQueue<Integer> other = DQueue.attach(queue.serialize())) {
            NothingLeft.await("all is back", () -> other.size() == 500);
            assertThat(other.take()).isEqualTo(500);
        }
    }

    @Test
    void isFoundByItsText() throws Exception {
        DQueue<String> queue = DQueue.<String>builder().capacity(7).create();
        try (DQueue<String> same = DQueue.attach(queue.serialize())) {
            queue.put("a");
            assertThat(same.take()).isEqualTo("a");
            assertThat(same.remainingCapacity()).isEqualTo(7);
        }
        assertThatThrownBy(() -> DQueue.attach("text")).isInstanceOf(
                IllegalArgumentException.class).hasMessageContaining("not a queue's text");
    }
}
