package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.pool.PoolTaskException;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.WorkerPool;
import io.ddict.pool.sync.DBarrier;
import io.ddict.pool.sync.DLock;
import io.ddict.pool.sync.DQueue;
import io.ddict.pool.sync.DSemaphore;
import io.ddict.pool.sync.DValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The snippets of docs/pools.md and docs/coordination.md, run. */
class PoolsIT {
    @Test
    void mapsAndSubmits() {
        List<String> words = List.of("one", "three");
        List<Integer> numbers = List.of(1, 2, 3);
        List<Integer> seen = new ArrayList<>();
        // snippet: pool
        try (WorkerPool pool = WorkerPool.create()) { // a worker for each CPU
            List<Integer> lengths = pool.map(words, String::length);
            CompletableFuture<Long> worker = pool.submit(() -> ProcessHandle.current().pid());
            Iterator<Integer> squares = pool.imap(numbers, each -> each * each);
            squares.forEachRemaining(seen::add); // as they come, in order
            // end
            assertThat(lengths).containsExactly(3, 5);
            assertThat(worker.join()).isNotEqualTo(ProcessHandle.current().pid());
        }
        assertThat(seen).containsExactly(1, 4, 9);
    }

    @Test
    void tellsWhatFailedAndIsBuiltToOrder() {
        List<Integer> numbers = List.of(1, 0);
        List<Integer> failed = new ArrayList<>();
        List<Integer> results = new ArrayList<>();
        // snippet: pool-builder
        WorkerPool pool = WorkerPool.builder()
                .workers(1_000) // virtual threads,
                .processes(2) // of two processes
                .initializer(() -> System.setProperty("tables", "loaded"))
                .memory(ByteSize.mib(64))
                .jvmOptions("-Xmx1g")
                .create();
        // end
        try (pool) {
            // snippet: pool-failed
            try {
                results.addAll(pool.map(numbers, each -> 10 / each));
            } catch (PoolTaskException e) {
                failed.add(e.index()); // its cause has the stack trace of the worker
            }
            // end
            assertThat(failed).containsExactly(1);
            assertThat(results).isEmpty();
            assertThat(pool.submit(() -> System.getProperty("tables")).join()).isEqualTo("loaded");
        }
    }

    @Test
    void poolsInPools() {
        List<Integer> numbers = List.of(1, 2, 3);
        try (WorkerPool pool = WorkerPool.create(2)) {
            // snippet: pool-nested
            List<Integer> sums = pool.map(List.of(10, 100), factor -> {
                try (WorkerPool inner = WorkerPool.create(2)) {
                    List<Integer> products = inner.map(numbers, each -> each * factor);
                    return products.stream().mapToInt(Integer::intValue).sum();
                }
            });
            // end
            assertThat(sums).containsExactly(60, 600);
        }
    }

    @Test
    void queuesAndSemaphores() throws Exception {
        // snippet: queue
        DQueue<String> lines = DQueue.create(1_000); // so many wait at most
        DSemaphore licences = DSemaphore.of("licences", 2);
        Process reader = Process.start(ProcessTemplate.of(() -> {
            int letters = 0;
            for (String line = lines.take(); !line.isEmpty(); line = lines.take()) {
                licences.acquire();
                letters += line.length();
                licences.release();
            }
            return letters;
        }));
        lines.put("to be or not to be");
        lines.put("");
        int letters = reader.<Integer>result(Duration.ofSeconds(30));
        // end
        assertThat(letters).isEqualTo(18);
        assertThat(licences.availablePermits()).isEqualTo(2);
        lines.destroy();
    }

    @Test
    void receivesWhatMustNotBeLost() throws Exception {
        List<String> done = new ArrayList<>();
        DQueue<String> jobs = DQueue.create();
        jobs.put("weigh");
        // snippet: receive
        DQueue.Received<String> job = jobs.receive(Duration.ofSeconds(10));
        if (job != null) {
            done.add(job.item() + " " + job.times()); // times: by how many who died, or gave it back
            job.acknowledge();
        }
        // end
        assertThat(done).containsExactly("weigh 0");
        jobs.destroy();
    }

    @Test
    void locksBarriersAndValues() throws Exception {
        // snippet: lock
        DLock lock = DLock.of("ledger");
        DValue<Long> balance = DValue.of("balance", 0L);
        DBarrier paid = DBarrier.of("paid", 2);
        Process other = Process.start(ProcessTemplate.of(() -> {
            lock.lock();
            try {
                balance.set(balance.get() + 5);
            } finally {
                lock.unlock();
            }
            paid.await(Duration.ofSeconds(30));
        }));
        paid.await(Duration.ofSeconds(30)); // until both have come here
        long sum = balance.update(now -> now * 2); // one step for all others, without a lock
        // end
        assertThat(other.join()).isZero();
        assertThat(sum).isEqualTo(10);
    }
}
