package io.ddict.bench.compute;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.WorkerPool;
import io.ddict.pool.sync.DBarrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/*
 * Question: how long until a process runs the user's code, and until each process of a pool has?
 * Topology: this process, the node service, and the processes; each JVM wants a core of its own while it
 * starts. Both clocks are the machine's, so that a moment of one process can be taken from that of another.
 */

/** Starts of processes and of pools. */
public final class StartFigures {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    // Each takes seconds.
    private static final int POOL_ROUNDS_MAX = 3;

    private final ComputeEffort effort;

    public StartFigures(ComputeEffort effort) {
        this.effort = effort;
    }

    /** Measures. */
    public List<ComputeFigure> measure() {
        List<ComputeFigure> figures = new ArrayList<>();
        long _ = startNs();
        for (int round = 0; round < effort.rounds(); round++) {
            figures.add(
                    ComputeFigure.time(
                            "start to first instruction", "ddict", "1 process", round, startNs()));
        }
        for (int round = 0; round < Math.min(POOL_ROUNDS_MAX, effort.rounds()); round++) {
            figures.add(
                    ComputeFigure.time(
                            "pool until all have answered", "ddict",
                            effort.processes() + " processes", round, poolNs()));
        }
        return figures;
    }

    private static long startNs() {
        long beginNs = System.nanoTime();
        Process process = Process.start(ProcessTemplate.of(() -> System.nanoTime()));
        Long firstNs = process.result(TIMEOUT);
        return Objects.requireNonNull(firstNs) - beginNs;
    }

    // All of them meet, so none answers twice.
    private long poolNs() {
        int processes = effort.processes();
        DBarrier all = DBarrier.create(processes);
        long beginNs = System.nanoTime();
        try (WorkerPool pool =
                WorkerPool.builder().workers(processes).processes(processes).create()) {
            List<Long> numbers = pool.map(Collections.nCopies(processes, 0), any -> {
                int _ = all.await(TIMEOUT);
                return ProcessHandle.current().pid();
            }, 1);
            long tookNs = System.nanoTime() - beginNs;
            if (new HashSet<>(numbers).size() != processes) {
                throw new WrongContentException(
                        "not a process for each worker: processes=" + numbers);
            }
            return tookNs;
        }
    }
}
