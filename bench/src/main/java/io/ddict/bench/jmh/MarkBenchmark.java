package io.ddict.bench.jmh;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PostingMarks;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

/** What the posting marks cost: a put raises its key's, a get reads it. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class MarkBenchmark {
    private static final int MARKS = 1 << 16;
    private static final int HASH_MASK = (1 << 14) - 1;
    private static final long HEADER_LENGTH = 64;

    private final Arena arena = Arena.ofConfined();
    private final PostingMarks marks =
            new PostingMarks(
                    new MemoryRegion(arena.allocate(HEADER_LENGTH + MARKS * 8L, 64)), MARKS);
    private final long[] hashes = new long[HASH_MASK + 1];
    private int next;
    private long position;

    @Setup
    public void setUp() {
        Random random = new Random(1);
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = random.nextLong();
            raise();
            if (marks.mark(hashes[next]) != position) {
                throw new IllegalStateException("mark not raised: position=" + position);
            }
        }
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public long raise() {
        marks.raise(nextHash(), ++position);
        return position;
    }

    @Benchmark
    public long read() {
        return marks.mark(nextHash());
    }

    private long nextHash() {
        next = next + 1 & HASH_MASK;
        return hashes[next];
    }
}
