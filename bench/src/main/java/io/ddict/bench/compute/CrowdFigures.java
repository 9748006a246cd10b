package io.ddict.bench.compute;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.pool.Process;
import io.ddict.pool.WorkerPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/*
 * Question: what do tens of thousands of workers in one pool cost, in time and in memory?
 * Topology: this process, the node service, and a worker process for each CPU with virtual threads. The
 * second map has tasks that wait for a second, so that all of them are under way at the same time.
 */

/** A pool of very many workers. */
public final class CrowdFigures {
    private static final long WAIT_NS = 1_000_000_000;

    private final ComputeEffort effort;

    public CrowdFigures(ComputeEffort effort) {
        this.effort = effort;
    }

    /** Measures. */
    public List<ComputeFigure> measure() throws IOException {
        List<ComputeFigure> figures = new ArrayList<>();
        int workers = effort.crowd();
        String shape = workers + " workers";
        List<Integer> numbers = IntStream.range(0, workers).boxed().toList();
        for (int round = 0; round < Math.min(3, effort.rounds()); round++) {
            long beginNs = System.nanoTime();
            try (WorkerPool pool = WorkerPool.create(workers)) {
                check(pool.map(numbers, each -> each + 1));
                long mappedNs = System.nanoTime();
                figures.add(
                        ComputeFigure.time(
                                "start of a pool, and a map of as many tasks", "ddict", shape,
                                round, mappedNs - beginNs));
                check(pool.map(numbers, each -> {
                    LockSupport.parkNanos(WAIT_NS);
                    return each + 1;
                }));
                figures.add(
                        ComputeFigure.time(
                                "map of as many tasks that wait for 1 s", "ddict", shape, round,
                                System.nanoTime() - mappedNs));
                figures.add(
                        new ComputeFigure(
                                "memory of its processes", "ddict", shape, round, "most",
                                residentLength() / (double) (1 << 20), "MiB"));
            }
        }
        return figures;
    }

    private static void check(List<Integer> results) {
        for (int index = 0; index < results.size(); index++) {
            if (results.get(index) != index + 1) {
                throw new WrongContentException("wrong result of a task: index=" + index);
            }
        }
    }

    // The most that each of them had at any time, shared memory included.
    private static long residentLength() throws IOException {
        long length = 0;
        for (Process each : Process.list()) {
            for (String line : Files.readAllLines(
                    Path.of("/proc", Long.toString(each.processId()), "status"))) {
                if (line.startsWith("VmHWM:")) {
                    length += Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        }
        return length;
    }
}
