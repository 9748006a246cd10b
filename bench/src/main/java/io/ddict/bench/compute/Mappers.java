package io.ddict.bench.compute;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.peers.HazelcastExecutor;
import io.ddict.pool.WorkerPool;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;

/** Those that are compared. */
final class Mappers {
    private Mappers() {}

    /** Worker processes of a pool. */
    static Mapper ddict(int workers) {
        return new PoolMapper(WorkerPool.create(workers));
    }

    /** Threads of this process: what a map costs that goes to no other. */
    static Mapper forkJoin(int workers) {
        return new ExecutorMapper("fork-join", new ForkJoinPool(workers), () -> {});
    }

    /** Threads of a member in a process of its own. */
    static Mapper hazelcast(int workers) throws IOException {
        HazelcastExecutor executor = HazelcastExecutor.start(workers);
        return new ExecutorMapper("hazelcast", executor.executor(), executor::close);
    }

    /** Processes of Python's pool. */
    static Mapper python(int workers, int tasks) throws IOException {
        return new PythonMapper(
                Python.start("map", Integer.toString(tasks), Integer.toString(workers)));
    }

    private static void check(int index, int result) {
        if (result != index + 1) {
            throw new WrongContentException(
                    "wrong result of a task: index=" + index + ", result=" + result);
        }
    }

    private record PoolMapper(WorkerPool pool) implements Mapper {
        @Override
        public String system() {
            return "ddict";
        }

        @Override
        public long map(List<Integer> numbers, int chunkSize) {
            long beginNs = System.nanoTime();
            List<Integer> results = pool.map(numbers, each -> each + 1, chunkSize);
            long tookNs = System.nanoTime() - beginNs;
            for (int index = 0; index < numbers.size(); index++) {
                check(index, results.get(index));
            }
            return tookNs;
        }

        @Override
        public void close() {
            pool.close();
        }
    }

    private record ExecutorMapper(String system, ExecutorService executor, Runnable end)
            implements
                Mapper {
        @Override
        public long map(List<Integer> numbers, int chunkSize)
                throws InterruptedException, ExecutionException {
            long beginNs = System.nanoTime();
            List<Future<int[]>> chunks = new ArrayList<>();
            for (int first = 0; first < numbers.size(); first += chunkSize) {
                int last = Math.min(numbers.size(), first + chunkSize);
                chunks.add(executor.submit(new Chunk(numbers.subList(first, last).stream()
                        .mapToInt(Integer::intValue)
                        .toArray())));
            }
            List<int[]> results = new ArrayList<>();
            for (Future<int[]> each : chunks) {
                results.add(each.get());
            }
            long tookNs = System.nanoTime() - beginNs;
            int index = 0;
            for (int[] chunk : results) {
                for (int result : chunk) {
                    check(index++, result);
                }
            }
            check(numbers.size(), index + 1);
            return tookNs;
        }

        @Override
        public void close() {
            executor.shutdown();
            end.run();
        }
    }

    /** Numbers to add one to. */
    private static final class Chunk implements Callable<int[]>, Serializable {
        private static final long serialVersionUID = 1L;

        private final int[] numbers;

        Chunk(int[] numbers) {
            this.numbers = numbers;
        }

        @Override
        public int[] call() {
            return Arrays.stream(numbers).map(each -> each + 1).toArray();
        }
    }

    private record PythonMapper(Python python) implements Mapper {
        @Override
        public String system() {
            return "python";
        }

        @Override
        public long map(List<Integer> numbers, int chunkSize) {
            return Long.parseLong(python.ask(Integer.toString(chunkSize)));
        }

        @Override
        public void close() {
            python.close();
        }
    }
}
