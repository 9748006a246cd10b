package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.pool.sync.DSemaphore;
import io.ddict.pool.sync.DValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools of workers; {@code -Dddict.pool.kills=…} kills more of them. */
@ExtendWith(NothingLeft.class)
class WorkerPoolIT {
    private static final long SEED = Long.getLong("ddict.pool.seed", java.lang.System.nanoTime());
    private static final int KILLS = Integer.getInteger("ddict.pool.kills", 12);
    private static final List<Integer> NUMBERS = IntStream.range(0, 1_000).boxed().toList();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 200})
    void mapsInOrder(int workers) {
        try (WorkerPool pool = WorkerPool.create(workers)) {
            assertThat(pool.workers()).isEqualTo(workers);
            List<Integer> squares = NUMBERS.stream().map(each -> each * each).toList();
            assertThat(pool.map(NUMBERS, each -> each * each)).isEqualTo(squares);
            assertThat(pool.map(NUMBERS, each -> each * each, 1)).isEqualTo(squares);
            assertThat(pool.<Integer, Integer>map(List.of(), each -> each)).isEmpty();
            assertThat(pool.<String, Integer>map(List.of("a", "bcd"), String::length))
                    .containsExactly(1, 3);
            assertThat(pool.map(List.of(1.5, 2.5), each -> each * 2)).containsExactly(3.0, 5.0);
            assertThat(pool.<Integer, Object>map(List.of(1, 2, 3), each -> each == 2 ? null : each))
                    .containsExactly(1, null, 3);
            assertThat(pool.<Long, Long, Long>starmap(
                    List.of(Map.entry(2L, 3L), Map.entry(4L, 5L)), (a, b) -> a * b))
                    .containsExactly(6L, 20L);
        }
    }

    @Test
    void givesResultsAsTheyCome() {
        try (WorkerPool pool = WorkerPool.create(2)) {
            Iterator<Integer> ordered = pool.imap(NUMBERS, each -> each + 1);
            List<Integer> results = new ArrayList<>();
            ordered.forEachRemaining(results::add);
            assertThat(results).isEqualTo(IntStream.rangeClosed(1, 1_000).boxed().toList());
            Set<Integer> set = new HashSet<>();
            pool.imapUnordered(NUMBERS, each -> each + 1, 7).forEachRemaining(set::add);
            assertThat(set).hasSize(1_000);
            Iterator<Integer> failing = pool.imap(NUMBERS, each -> 10 / (each - 5));
            assertThatThrownBy(() -> failing.forEachRemaining(each -> {}))
                    .isInstanceOf(PoolTaskException.class);
        }
    }

    @Test
    void isAnExecutorService() throws Exception {
        try (WorkerPool pool = WorkerPool.create(2)) {
            int base = 40;
            assertThat(pool.submit(() -> base + 2).get(30, TimeUnit.SECONDS)).isEqualTo(42);
            Callable<Long> task = (PoolTask<Long>) () -> ProcessHandle.current().pid();
            long own = ProcessHandle.current().pid();
            for (Future<Long> each : pool.invokeAll(Collections.nCopies(4, task))) {
                assertThat(each.get()).isNotEqualTo(own);
            }
            assertThat(pool.invokeAny(List.of(task, task))).isNotEqualTo(own);
            DValue<Long> done = DValue.create(0L);
            pool.submit(() -> done.set(1L)).get(30, TimeUnit.SECONDS);
            assertThat(done.get()).isEqualTo(1);
            CompletableFuture<Integer> called = new CompletableFuture<>();
            pool.submit(() -> 7, called::complete, called::completeExceptionally);
            assertThat(called.get(30, TimeUnit.SECONDS)).isEqualTo(7);
            Thread notSerializable = Thread.currentThread();
            assertThatThrownBy(() -> pool.submit((Callable<String>) notSerializable::getName))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot travel");
            pool.shutdown();
            assertThat(pool.isShutdown()).isTrue();
            assertThatThrownBy(() -> pool.submit(() -> 1))
                    .isInstanceOf(RejectedExecutionException.class);
            assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
            assertThat(pool.isTerminated()).isTrue();
        }
    }

    @Test
    void tellsWhatATaskThrewAndWhere() {
        try (WorkerPool pool = WorkerPool.create(2)) {
            assertThatThrownBy(() -> pool.map(NUMBERS, WorkerPoolIT::failAt700, 10))
                    .isInstanceOf(PoolTaskException.class)
                    .hasMessageContaining("index=700")
                    .hasMessageContaining("java.lang.IllegalStateException: at 700")
                    .cause()
                    .isInstanceOf(RemoteFailure.class)
                    .satisfies(remote -> assertThat(remote.getStackTrace())
                            .anyMatch(frame -> frame.getMethodName().equals("failAt700")));
            assertThatThrownBy(() -> pool.submit(() -> {
                throw new java.io.IOException("checked");
            }).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(PoolTaskException.class);
            assertThatThrownBy(() -> pool.<Integer, Object>map(
                    List.of(1), each -> Thread.currentThread()))
                    .isInstanceOf(PoolTaskException.class)
                    .hasMessageContaining("NotSerializableException");
            assertThat(pool.map(List.of(1), each -> each)).containsExactly(1);
        }
    }

    // By a signal from outside, as it would be.
    private static void die() throws Exception {
        int _ = new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid()))
                .start()
                .waitFor();
        LockSupport.park();
    }

    private static Integer failAt700(int number) {
        if (number == 700) {
            throw new IllegalStateException("at 700");
        }
        return number;
    }

    @Test
    void initializesEachProcessAndReplacesIt() {
        DDict<String, Long> dict = DDict.create(DDictConfig.builder().build());
        String handle = dict.serialize();
        try (WorkerPool pool = WorkerPool.builder()
                .workers(2)
                .tasksPerWorker(5)
                .initializer(() -> {
                    try (DDict<String, Long> shared = DDict.attach(handle)) {
                        long _ = shared.getAndAdd("initialized", 1);
                    }
                })
                .create()) {
            List<Long> processes =
                    pool.map(NUMBERS.subList(0, 40), each -> ProcessHandle.current().pid(), 1);
            assertThat(new HashSet<>(processes)).hasSizeGreaterThanOrEqualTo(8);
        }
        assertThat(dict.get("initialized")).isGreaterThanOrEqualTo(8);
    }

    @Test
    void doesAgainWhatAWorkerDiedOf() {
        DDict<String, Long> dict = DDict.create(DDictConfig.builder().build());
        String handle = dict.serialize();
        try (WorkerPool pool = WorkerPool.builder().workers(2).retries(2).create()) {
            List<Integer> results = pool.map(NUMBERS.subList(0, 20), each -> {
                if (each == 7) {
                    try (DDict<String, Long> shared = DDict.attach(handle)) {
                        if (shared.getAndAdd("tries", 1) < 2) {
                            die();
                        }
                    }
                }
                return each;
            }, 1);
            assertThat(results).isEqualTo(NUMBERS.subList(0, 20));
            assertThat(dict.get("tries")).isEqualTo(3);
        }
    }

    @Test
    void givesUpWhatWorkersDieOfEachTime() {
        try (WorkerPool pool = WorkerPool.builder().workers(2).retries(1).create()) {
            CompletableFuture<List<Integer>> others =
                    pool.mapAsync(NUMBERS.subList(0, 20), each -> each, 1);
            assertThatThrownBy(() -> pool.map(List.of(1), each -> {
                die();
                return each;
            }))
                    .isInstanceOf(WorkerLostException.class)
                    .hasMessageContaining("workers=2");
            assertThat(others.join()).isEqualTo(NUMBERS.subList(0, 20));
        }
    }

    @Test
    void tellsThatWorkersDoNotComeUp() {
        try (Captured captured = new Captured();
                WorkerPool pool = WorkerPool.builder().workers(1).initializer(() -> {
                    throw new IllegalStateException("no data");
                }).create()) {
            assertThatThrownBy(() -> pool.map(NUMBERS, each -> each))
                    .isInstanceOf(WorkerLostException.class)
                    .hasMessageContaining("end before they have begun");
            assertThat(captured.err()).contains("no data");
        }
    }

    @Test
    void endsWhatItIsDoingWhenTerminated() {
        WorkerPool pool = WorkerPool.create(2);
        DSemaphore started = DSemaphore.create(2);
        CompletableFuture<List<Integer>> future = pool.mapAsync(List.of(1, 2), each -> {
            started.acquire();
            while (true) {
                LockSupport.park();
            }
        }, 1);
        NothingLeft.await("both run", () -> started.availablePermits() == 0);
        pool.terminate();
        assertThatThrownBy(future::join).isInstanceOf(CancellationException.class);
        assertThat(pool.isTerminated()).isTrue();
    }

    @Test
    void isEndedByACallback() throws Exception {
        WorkerPool pool = WorkerPool.create(1);
        pool.submit(() -> 1, result -> pool.terminate(), failure -> {});
        assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void poolsInPools() {
        try (WorkerPool pool = WorkerPool.create(2)) {
            List<Integer> sums = pool.map(List.of(1, 2, 3), factor -> {
                try (WorkerPool inner = WorkerPool.create(2)) {
                    List<Integer> products =
                            inner.map(NUMBERS.subList(0, 10), each -> each * factor);
                    return products.stream().mapToInt(Integer::intValue).sum();
                }
            });
            assertThat(sums).containsExactly(45, 90, 135);
        }
    }

    @Test
    void carriesLargeArgumentsAndResults() {
        try (WorkerPool pool = WorkerPool.create(2)) {
            List<byte[]> arguments = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                arguments.add(new byte[1_000_000 + i]);
            }
            List<byte[]> results =
                    pool.map(arguments, each -> new byte[each.length + 1], 1);
            for (int i = 0; i < 40; i++) {
                assertThat(results.get(i)).hasSize(1_000_001 + i);
            }
            assertThatThrownBy(() -> pool.map(List.of(new byte[20_000_000]), each -> 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("too large for the pool's memory");
            assertThatThrownBy(() -> pool.map(List.of(20_000_000), each -> new byte[each]))
                    .isInstanceOf(PoolTaskException.class)
                    .hasMessageContaining("too large for the pool's memory");
        }
    }

    @Test
    void fiftyThousandWorkersMapFiftyThousandItems() {
        List<Integer> items = IntStream.range(0, 50_000).boxed().toList();
        try (WorkerPool pool = WorkerPool.create(50_000)) {
            DSemaphore gate = DSemaphore.create(1);
            assertThat(pool.map(items, each -> each * 2))
                    .isEqualTo(items.stream().map(each -> each * 2).toList());
            assertThat(gate.availablePermits()).isEqualTo(1);
        }
    }

    @Test
    @Timeout(3_600)
    void losesNoResultWhenWorkersAreKilled() throws Exception {
        java.lang.System.out.println("WorkerPoolIT: -Dddict.pool.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        List<Integer> items = IntStream.range(0, 100_000).boxed().toList();
        int kills = 0;
        // So that it lasts as long as the kills do.
        long napNs = 2_000L * KILLS;
        try (WorkerPool pool = WorkerPool.builder().workers(3).retries(100).create()) {
            CompletableFuture<List<Integer>> results = pool.mapAsync(items, each -> {
                LockSupport.parkNanos(napNs);
                return each + 1;
            }, 10);
            while (kills < KILLS && !results.isDone()) {
                LockSupport.parkNanos(random.nextLong(10_000_000, 120_000_000));
                List<Process> workers = Process.list();
                if (!workers.isEmpty()) {
                    boolean _ = workers.get(random.nextInt(workers.size())).kill();
                    kills++;
                }
            }
            assertThat(results.get(10, TimeUnit.MINUTES))
                    .isEqualTo(items.stream().map(each -> each + 1).toList());
        }
        java.lang.System.out.println("WorkerPoolIT: kills=" + kills);
        assertThat(kills).isPositive();
    }

    @Test
    void endsWithItsProgram() {
        Process head = Process.start(ProcessTemplate.of(() -> {
            WorkerPool pool = WorkerPool.create(2);
            return pool.map(NUMBERS, each -> each);
        }).jvmOptions("-Dhead=true"));
        assertThat(head.<List<Integer>>result(Duration.ofSeconds(30))).isEqualTo(NUMBERS);
        NothingLeft.await("end of its workers", () -> Process.list().isEmpty());
    }
}
