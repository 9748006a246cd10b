package io.ddict.pool.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.pool.NothingLeft;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Locks, semaphores, events, barriers and values between processes. */
@ExtendWith(NothingLeft.class)
class LocksIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final int PROCESSES = 3;

    @Test
    void aLockKeepsOthersOut() {
        DLock lock = DLock.create();
        DValue<Long> sum = DValue.create(0L);
        int rounds = 300;
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(Process.start(ProcessTemplate.of(() -> {
                for (int round = 0; round < rounds; round++) {
                    lock.lock();
                    try {
                        // Not as one step: without the lock some would be lost.
                        sum.set(sum.get() + 1);
                    } finally {
                        lock.unlock();
                    }
                }
            })));
        }
        processes.forEach(each -> assertThat(each.join(LONG)).isZero());
        assertThat(sum.get()).isEqualTo((long) PROCESSES * rounds);
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void aLockBelongsToAThreadAndIsReentrant() throws Exception {
        DLock lock = DLock.of("reentrant");
        DLock same = DLock.of("reentrant");
        lock.lock();
        assertThat(same.tryLock()).isTrue();
        assertThat(same.tryLock(1, TimeUnit.SECONDS)).isTrue();
        assertThat(same.isHeldByCurrentThread()).isTrue();
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            assertThat(other.submit(() -> same.tryLock()).get()).isFalse();
            assertThat(other.submit(() -> same.tryLock(50, TimeUnit.MILLISECONDS)).get())
                    .isFalse();
            assertThatThrownBy(() -> other.submit(same::unlock).get())
                    .hasCauseInstanceOf(IllegalMonitorStateException.class);
            same.unlock();
            same.unlock();
            assertThat(other.submit(() -> same.tryLock()).get()).isFalse();
            lock.unlock();
            assertThat(lock.isHeldByCurrentThread()).isFalse();
            assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
            assertThat(other.submit(() -> same.tryLock()).get()).isTrue();
            other.submit(same::unlock).get();
        }
        assertThatThrownBy(lock::newCondition)
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aLockOfADeadProcessIsFree() throws Exception {
        DLock lock = DLock.create();
        DEvent taken = DEvent.create();
        for (int round = 0; round < 2; round++) {
            taken.clear();
            Process holder = Process.start(ProcessTemplate.of(() -> {
                lock.lock();
                taken.set();
                boolean _ = DEvent.create().await(LONG);
            }));
            assertThat(taken.await(LONG)).isTrue();
            assertThat(lock.tryLock()).isFalse();
            assertThat(holder.kill()).isTrue();
            assertThat(lock.tryLock(30, TimeUnit.SECONDS)).isTrue();
            lock.unlock();
            int _ = holder.join(LONG);
        }
    }

    @Test
    void aSemaphoreGivesNoMoreThanItHas() throws Exception {
        DSemaphore semaphore = DSemaphore.create(3);
        semaphore.acquire(2);
        assertThat(semaphore.availablePermits()).isEqualTo(1);
        assertThat(semaphore.tryAcquire()).isTrue();
        assertThat(semaphore.tryAcquire()).isFalse();
        assertThat(semaphore.tryAcquire(1, 50, TimeUnit.MILLISECONDS)).isFalse();
        semaphore.release(3);
        assertThatThrownBy(semaphore::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more permits given back than were taken");
        assertThatThrownBy(() -> semaphore.acquire(4))
                .isInstanceOf(IllegalArgumentException.class);
        Process taker = Process.start(ProcessTemplate.of(() -> {
            semaphore.acquire(2);
            boolean _ = DEvent.create().await(LONG);
        }));
        NothingLeft.await("permits taken", () -> semaphore.availablePermits() == 1);
        assertThat(taker.kill()).isTrue();
        semaphore.acquire(3);
        semaphore.release(3);
        int _ = taker.join(LONG);
    }

    @Test
    void anEventLetsAllGoOn() throws Exception {
        DEvent event = DEvent.create();
        assertThat(event.isSet()).isFalse();
        assertThat(event.await(SHORT)).isFalse();
        List<Process> waiting = new ArrayList<>();
        DSemaphore started = DSemaphore.create(PROCESSES);
        for (int i = 0; i < PROCESSES; i++) {
            waiting.add(Process.start(ProcessTemplate.of(() -> {
                started.acquire();
                return event.await(LONG);
            })));
        }
        NothingLeft.await("all started", () -> started.availablePermits() == 0);
        event.set();
        for (Process each : waiting) {
            assertThat(each.<Boolean>result(LONG)).isTrue();
        }
        assertThat(event.isSet()).isTrue();
        assertThat(event.await(LONG)).isTrue();
        event.clear();
        assertThat(event.await(SHORT)).isFalse();
    }

    @Test
    void aBarrierOpensWhenAllHaveArrivedAgainAndAgain() {
        int rounds = 50;
        DValue<Long> arrived = DValue.create(0L);
        DValue<Long> opened = DValue.create(0L);
        DBarrier barrier = DBarrier.create(PROCESSES, () -> opened.set(opened.get() + 1));
        List<Process> parties = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            parties.add(Process.start(ProcessTemplate.of(() -> {
                long sum = 0;
                for (int round = 1; round <= rounds; round++) {
                    long _ = arrived.getAndAdd(1);
                    sum += barrier.await(LONG);
                    if (arrived.get() < (long) round * PROCESSES || opened.get() < round) {
                        throw new AssertionError("opened early: round=" + round);
                    }
                }
                return sum;
            })));
        }
        long sum = 0;
        for (Process each : parties) {
            sum += each.<Long>result(LONG);
        }
        // In each round one is the last, one the last but one, and so on.
        assertThat(sum).isEqualTo(rounds * (PROCESSES * (PROCESSES - 1L) / 2));
        assertThat(opened.get()).isEqualTo(rounds);
        assertThat(barrier.waiting()).isZero();
    }

    @Test
    void aBarrierIsBrokenByWhoeverGivesUpAndIsAsNewWhenReset() throws Exception {
        DBarrier barrier = DBarrier.create(2);
        assertThatThrownBy(() -> barrier.await(SHORT)).isInstanceOf(TimeoutException.class);
        assertThat(barrier.isBroken()).isTrue();
        assertThatThrownBy(() -> barrier.await(LONG)).isInstanceOf(BrokenBarrierException.class);
        barrier.reset();
        assertThat(barrier.isBroken()).isFalse();
        Callable<Integer> party = () -> barrier.await(LONG);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> first = threads.submit(party);
            Future<Integer> second = threads.submit(party);
            assertThat(first.get() + second.get()).isEqualTo(1);
            for (Runnable end : List.<Runnable>of(barrier::abort, barrier::reset)) {
                Future<Integer> waiting = threads.submit(party);
                NothingLeft.await("party waits", () -> barrier.waiting() == 1);
                end.run();
                assertThatThrownBy(waiting::get).hasCauseInstanceOf(BrokenBarrierException.class);
                barrier.reset();
            }
            assertThat(threads.invokeAll(List.of(party, party))).allSatisfy(
                    each -> assertThat(each.get()).isBetween(0, 1));
        }
    }

    @Test
    void aBarrierIsBrokenByAPartyThatDies() {
        DBarrier barrier = DBarrier.create(3);
        Process doomed = Process.start(ProcessTemplate.of(() -> barrier.await(LONG)));
        Process other = Process.start(ProcessTemplate.of(() -> {
            try {
                int _ = barrier.await(LONG);
                return "opened";
            } catch (BrokenBarrierException e) {
                return "broken";
            }
        }));
        NothingLeft.await("two wait", () -> barrier.waiting() == 2);
        assertThat(doomed.kill()).isTrue();
        assertThat(other.<String>result(LONG)).isEqualTo("broken");
        assertThat(barrier.isBroken()).isTrue();
        int _ = doomed.join(LONG);
    }

    @Test
    void aValueIsUpdatedAsOneStep() {
        DValue<String> text = DValue.of("text", "");
        assertThat(DValue.of("text", "other").get()).isEmpty();
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(Process.start(ProcessTemplate.of(() -> {
                for (int round = 0; round < 50; round++) {
                    String _ = text.update(now -> now + "x");
                }
            })));
        }
        processes.forEach(each -> assertThat(each.join(LONG)).isZero());
        assertThat(text.get()).isEqualTo("x".repeat(50 * PROCESSES));
        assertThat(text.compareAndSet("y", "z")).isFalse();
        assertThat(text.compareAndSet(text.get(), "z")).isTrue();
        text.await("z", LONG);
    }

    @Test
    void anArrayIsShared() {
        DArray<Long> array = DArray.create(10, 1L);
        Process process = Process.start(ProcessTemplate.of(() -> {
            array.set(3, 30L);
            long _ = array.getAndAdd(4, 5);
            Long _ = array.update(5, now -> now * 7);
        }));
        assertThat(process.join(LONG)).isZero();
        assertThat(array.toList()).containsExactly(1L, 1L, 1L, 30L, 6L, 7L, 1L, 1L, 1L, 1L);
        assertThat(array.get(3)).isEqualTo(30);
        assertThatThrownBy(() -> array.get(10)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
