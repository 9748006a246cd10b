package io.ddict.bench.jmh;

import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.Arena;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to compare a key with a record's, and to write a record's header. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class RecordBenchmark {
    private static final byte TAG = 1;
    private static final int ORDINAL = 7;

    @Param({"8", "128"})
    public int keyLength;

    private final Arena arena = Arena.ofConfined();
    private final MemoryRegion data = new MemoryRegion(arena.allocate(4096, 64));
    private byte[] key = new byte[0];
    private long version;

    @Setup
    public void setUp() {
        key = new byte[keyLength];
        new Random(1).nextBytes(key);
        data.copyFrom(RecordLayout.HEADER_LENGTH, key, 0, keyLength);
        writeHeader();
        if (!keyEquals() || !RecordLayout.isIntact(data, 0)) {
            throw new IllegalStateException("record is not as it was written");
        }
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public boolean keyEquals() {
        return RecordLayout.keyEquals(data, 0, key, 0, keyLength);
    }

    @Benchmark
    public long writeHeader() {
        RecordLayout.writeHeader(data, 0, ++version, keyLength, Long.BYTES, ORDINAL, TAG, TAG);
        return version;
    }
}
