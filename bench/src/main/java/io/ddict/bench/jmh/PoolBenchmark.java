package io.ddict.bench.jmh;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.PoolFile;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/*
 * A few dozen blocks of 8 KiB to 2 MiB are in use; the oldest goes back and another length is
 * granted, so that free space lies in pieces of many lengths.
 */

/** What it costs a manager to take back a block and to grant another. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class PoolBenchmark {
    private static final long MEMORY_LENGTH = 256L << 20;
    private static final int KEYS_MAX = 1000;
    private static final int BLOCKS = 64;
    private static final int BLOCK_PAGES_MIN = 2;
    private static final int BLOCK_PAGES_MAX = 512;
    private static final int DRAWN_MASK = (1 << 12) - 1;
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final int[] lengths =
            new Random(1).ints(DRAWN_MASK + 1, BLOCK_PAGES_MIN, BLOCK_PAGES_MAX + 1).toArray();
    private final int[] pages = new int[BLOCKS];
    private final int[] blockLengths = new int[BLOCKS];
    private @Nullable TemporaryFolder folder;
    private @Nullable MemoryPool pool;
    private int oldest;
    private int drawn;

    @Setup
    public void setUp() throws IOException {
        folder = TemporaryFolder.create();
        pool = MemoryPool.create(folder.path(), MEMORY_LENGTH, KEYS_MAX, 42);
        while (pool.mapped().status().reserved(PoolFile.DATA)
                < pool.mapped().geometry().dataLength()) {
            LockSupport.parkNanos(POLL_NS);
        }
        pool.beforeBatch();
        for (int block = 0; block < BLOCKS; block++) {
            grant(block);
        }
    }

    @TearDown
    public void tearDown() throws IOException {
        pool().close();
        if (folder != null) {
            folder.close();
        }
    }

    @Benchmark
    public int freeAndGrantBlock() {
        oldest = oldest + 1 & BLOCKS - 1;
        pool().freeBlock(pages[oldest], blockLengths[oldest]);
        return grant(oldest);
    }

    private int grant(int block) {
        drawn = drawn + 1 & DRAWN_MASK;
        blockLengths[block] = lengths[drawn];
        pages[block] = pool().grantBlock(lengths[drawn]);
        if (pages[block] == MemoryPool.NO_BLOCK) {
            throw new IllegalStateException("no block: pages=" + lengths[drawn]);
        }
        return pages[block];
    }

    private MemoryPool pool() {
        if (pool == null) {
            throw new IllegalStateException("not set up");
        }
        return pool;
    }
}
