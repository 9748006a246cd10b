package io.ddict.store;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.SizeClasses;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/*
 * Space is given back in the order in which it was given out, and each free is followed by an
 * allocation of another length: what long churn makes of it, with slabs and runs partly full.
 */

/** What it costs to free and allocate a small record's slot, and a run of pages. One core. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class AllocatorBenchmark {
    // 2 GiB, of which at most a third is in use.
    private static final int PAGES = 1 << 19;
    private static final int DRAWN_MASK = (1 << 16) - 1;
    private static final int RUN_PAGES_MAX = 64;

    private static int[] draw(int bound) {
        return new Random(1).ints(DRAWN_MASK + 1, 0, bound).toArray();
    }

    private static ExtentAllocator newExtents() {
        ExtentAllocator extents = new ExtentAllocator(PAGES);
        extents.extendTo(PAGES);
        return extents;
    }

    /** Slots of all size classes. */
    @State(Scope.Thread)
    public static class Slots {
        @Param({"1000", "100000"})
        public int slots;

        private final SlabAllocator slabs = new SlabAllocator(newExtents(), PAGES);
        private final int[] classes = draw(SizeClasses.COUNT);
        private long[] live = new long[1];
        private int oldest;
        private int drawn;

        @Setup
        public void setUp() {
            live = new long[slots];
            for (int i = 0; i < slots; i++) {
                live[i] = allocate();
            }
        }

        long freeAndAllocate() {
            oldest = oldest + 1 == slots ? 0 : oldest + 1;
            slabs.free(live[oldest]);
            live[oldest] = allocate();
            return live[oldest];
        }

        private long allocate() {
            drawn = drawn + 1 & DRAWN_MASK;
            long handle = slabs.allocate(classes[drawn]);
            if (handle == Handle.NONE) {
                throw new IllegalStateException("no slot: slots=" + slots);
            }
            return handle;
        }
    }

    /** Runs of up to 256 KiB. */
    @State(Scope.Thread)
    public static class Runs {
        @Param({"64", "4096"})
        public int runs;

        private final ExtentAllocator extents = newExtents();
        private final int[] lengths = draw(RUN_PAGES_MAX);
        private int[] live = new int[1];
        private int[] liveLengths = new int[1];
        private int oldest;
        private int drawn;

        @Setup
        public void setUp() {
            live = new int[runs];
            liveLengths = new int[runs];
            for (int i = 0; i < runs; i++) {
                allocate(i);
            }
        }

        int freeAndAllocate() {
            oldest = oldest + 1 == runs ? 0 : oldest + 1;
            extents.free(live[oldest], liveLengths[oldest]);
            return allocate(oldest);
        }

        private int allocate(int index) {
            drawn = drawn + 1 & DRAWN_MASK;
            liveLengths[index] = 1 + lengths[drawn];
            live[index] = extents.allocate(liveLengths[index], true);
            if (live[index] == ExtentAllocator.NONE) {
                throw new IllegalStateException("no run: pages=" + liveLengths[index]);
            }
            return live[index];
        }
    }

    @Benchmark
    public long slot(Slots slots) {
        return slots.freeAndAllocate();
    }

    @Benchmark
    public int run(Runs runs) {
        return runs.freeAndAllocate();
    }
}
