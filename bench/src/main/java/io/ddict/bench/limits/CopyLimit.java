package io.ddict.bench.limits;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/*
 * Each thread copies between an array of its own, one piece long, and a part of shared memory of its
 * own, from its start to its end and again: as a client puts and gets values. The first pass over new
 * memory takes its pages on the way; later ones find them.
 */

/** Copy bandwidth between heap and shared memory, and that of pages that are touched first. */
public final class CopyLimit {
    private static final List<Integer> PIECE_LENGTHS =
            List.of(1 << 10, 64 << 10, 1 << 20, 16 << 20);
    private static final int FIRST_TOUCH_LENGTH = 1 << 20;
    private static final int WARMUP_SHARE = 4;

    private final Effort effort;
    private final Path folder;

    /**
     * Measures nothing yet.
     *
     * @param folder for its files, on /dev/shm
     */
    public CopyLimit(Effort effort, Path folder) {
        this.effort = effort;
        this.folder = folder;
    }

    /** Measures with one thread, two, four and so on, up to the number of processors. */
    public List<Limit> measure() throws IOException {
        List<Limit> limits = new ArrayList<>();
        int processors = Runtime.getRuntime().availableProcessors();
        for (int threads = 1; threads < processors; threads *= 2) {
            limits.addAll(measure(threads));
        }
        limits.addAll(measure(processors));
        return limits;
    }

    private List<Limit> measure(int threads) throws IOException {
        Path file = folder.resolve("copied-by-" + threads);
        long longest = PIECE_LENGTHS.getLast();
        long partLength = Math.max(1, effort.copiedLength() / threads / longest) * longest;
        List<Limit> limits = new ArrayList<>();
        try (Arena arena = Arena.ofShared();
                ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            MemorySegment memory = SharedRegion.map(file, partLength * threads, arena);
            List<MemorySegment> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                parts.add(memory.asSlice(i * partLength, partLength));
            }
            limits.add(limit("first touch", threads, FIRST_TOUCH_LENGTH,
                    gigabytesPerSecond(parts, executor, new Writes(FIRST_TOUCH_LENGTH), 1)));
            for (int length : PIECE_LENGTHS) {
                limits.add(limit("copy, heap to shared memory", threads, length,
                        steady(parts, executor, new Writes(length))));
                limits.add(limit("copy, shared memory to heap", threads, length,
                        steady(parts, executor, new Reads(length))));
            }
        } finally {
            Files.deleteIfExists(file);
        }
        return limits;
    }

    private double steady(List<MemorySegment> parts, ExecutorService executor, Pass pass) {
        gigabytesPerSecond(parts, executor, pass, effort.durationNs() / WARMUP_SHARE);
        return gigabytesPerSecond(parts, executor, pass, effort.durationNs());
    }

    private static double gigabytesPerSecond(
            List<MemorySegment> parts, ExecutorService executor, Pass pass, long durationNs) {
        CyclicBarrier barrier = new CyclicBarrier(parts.size());
        List<Callable<Double>> tasks = new ArrayList<>();
        for (MemorySegment part : parts) {
            byte[] piece = new byte[pass.length()];
            tasks.add(() -> {
                barrier.await();
                return gigabytesPerSecond(part, piece, pass, durationNs);
            });
        }
        try {
            double sum = 0;
            for (Future<Double> rate : executor.invokeAll(tasks)) {
                sum += rate.get();
            }
            return sum;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("copy failed: pieceLength=" + pass.length() + "B", e);
        }
    }

    private static double gigabytesPerSecond(
            MemorySegment part, byte[] piece, Pass pass, long durationNs) {
        long startNs = System.nanoTime();
        long copied = 0;
        do {
            pass.over(part, piece);
            copied += part.byteSize();
        } while (System.nanoTime() - startNs < durationNs);
        // A byte per nanosecond is a gigabyte per second.
        return (double) copied / (System.nanoTime() - startNs);
    }

    private static Limit limit(String what, int threads, long length, double value) {
        return new Limit(what, threads, length, "sum", value, "GB/s");
    }

    /** One pass over a part of shared memory, in pieces. */
    private sealed interface Pass {
        int length();

        void over(MemorySegment part, byte[] piece);
    }

    private record Writes(int length) implements Pass {
        @Override
        public void over(MemorySegment part, byte[] piece) {
            for (long offset = 0; offset < part.byteSize(); offset += length) {
                MemorySegment.copy(piece, 0, part, JAVA_BYTE, offset, length);
            }
        }
    }

    private record Reads(int length) implements Pass {
        @Override
        public void over(MemorySegment part, byte[] piece) {
            for (long offset = 0; offset < part.byteSize(); offset += length) {
                MemorySegment.copy(part, JAVA_BYTE, offset, piece, 0, length);
            }
        }
    }
}
