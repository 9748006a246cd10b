package io.ddict.bench.compute;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/*
 * Question: what does a pool add to the work itself, by the chunk and by the task?
 * Topology: this process and W workers, which are processes of ours and of Python's, threads of one more
 * process of Hazelcast's, and threads of this process for the fork-join pool. All systems are there all the
 * time. Wants W + 1 cores; with fewer the figures are those of the scheduler too.
 *
 * Each system has the processors to itself until its maps no longer become faster; the compilers of eight
 * workers take a quarter of a minute on two cores. Then they work in turn.
 *
 * By default a chunk is a quarter of a worker's share, with ours as with Python's; the others are given the
 * same.
 */

/** Maps of tasks that do next to nothing. */
public final class MapFigures {
    private static final int CHUNKS_PER_WORKER = 4;
    private static final long STEADY_NS = 10_000_000_000L;
    private static final double STEADY_SHARE = 0.95;

    private final ComputeEffort effort;
    private final Consumer<String> told;

    /** Tells what is left out. */
    public MapFigures(ComputeEffort effort, Consumer<String> told) {
        this.effort = effort;
        this.told = told;
    }

    /** Measures. */
    public List<ComputeFigure> measure() throws InterruptedException {
        List<ComputeFigure> figures = new ArrayList<>();
        for (int workers : effort.workers()) {
            List<Mapper> mappers = new ArrayList<>();
            try {
                open(workers, mappers);
                figures.addAll(
                        measure(
                                mappers, workers,
                                Math.ceilDiv(effort.tasks(), CHUNKS_PER_WORKER * workers)));
                figures.addAll(measure(mappers, workers, 1));
            } finally {
                mappers.forEach(Mapper::close);
            }
        }
        return figures;
    }

    private void open(int workers, List<Mapper> mappers) {
        mappers.add(Mappers.ddict(workers));
        mappers.add(Mappers.forkJoin(workers));
        try {
            mappers.add(Mappers.hazelcast(workers));
        } catch (IOException | RuntimeException e) {
            told.accept("hazelcast left out: " + e);
        }
        try {
            mappers.add(Mappers.python(workers, effort.tasks()));
        } catch (IOException e) {
            told.accept("python left out: " + e.getMessage());
        }
    }

    private List<ComputeFigure> measure(List<Mapper> mappers, int workers, int chunkSize)
            throws InterruptedException {
        List<Integer> numbers = IntStream.range(0, effort.tasks()).boxed().toList();
        String shape = workers + " workers, chunks of " + chunkSize;
        List<ComputeFigure> figures = new ArrayList<>();
        for (Mapper each : mappers) {
            warmUp(each, numbers, chunkSize);
        }
        for (int round = 0; round < effort.rounds(); round++) {
            for (Mapper each : mappers) {
                figures.add(
                        ComputeFigure.time(
                                "map of " + numbers.size() + " tasks", each.system(), shape,
                                round, mapAWhile(each, numbers, chunkSize)));
            }
        }
        return figures;
    }

    // Until a round is no longer faster than all before, for so long.
    private void warmUp(Mapper mapper, List<Integer> numbers, int chunkSize)
            throws InterruptedException {
        double bestNs = Double.MAX_VALUE;
        long sinceNs = System.nanoTime();
        for (int round = 0; round < effort.mapWarmups()
                && System.nanoTime() - sinceNs < STEADY_NS; round++) {
            double tookNs = mapAWhile(mapper, numbers, chunkSize);
            if (tookNs < STEADY_SHARE * bestNs) {
                bestNs = tookNs;
                sinceNs = System.nanoTime();
            }
        }
    }

    // A single map, after those of others, is one of workers that sleep and of cold caches.
    private long mapAWhile(Mapper mapper, List<Integer> numbers, int chunkSize)
            throws InterruptedException {
        long sumNs = 0;
        int count = 0;
        do {
            sumNs += map(mapper, numbers, chunkSize);
            count++;
        } while (sumNs < effort.mapNs());
        return sumNs / count;
    }

    private static long map(Mapper mapper, List<Integer> numbers, int chunkSize)
            throws InterruptedException {
        try {
            return mapper.map(numbers, chunkSize);
        } catch (ExecutionException e) {
            throw new IllegalStateException("map failed: system=" + mapper.system(), e);
        }
    }
}
