package io.ddict.bench.jmh;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to publish an operation when nobody else does. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class RingBenchmark {
    private static final int SLOTS = 4096;
    private static final int LINK = 1;
    private static final int VARIED_MASK = (1 << 14) - 1;
    private static final long REFUSING_STATES =
            PoolStatus.STATE_FROZEN | PoolStatus.STATE_DESTROYED;
    private static final long HEADER_LENGTH = 256;

    private final Arena arena = Arena.ofConfined();
    private final PoolStatus status =
            new PoolStatus(new MemoryRegion(arena.allocate(PoolStatus.FILE_LENGTH, 64)));
    private final PostingRing ring =
            new PostingRing(
                    new MemoryRegion(arena.allocate(HEADER_LENGTH + SLOTS * 8L, 64)), status,
                    SLOTS);

    private int next;

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public long publish() {
        next = next + 1 & VARIED_MASK;
        long position = ring.tryPublish(LINK, next, next + 1, REFUSING_STATES);
        if (position < 0) {
            throw new IllegalStateException("ring refused: position=" + position);
        }
        // A manager that is never behind.
        status.publishApplied(position + 1);
        return position;
    }
}
