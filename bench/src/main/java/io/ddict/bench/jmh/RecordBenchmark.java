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
    private static final int RECORDS = 64;
    private static final int RECORD_LENGTH = 192;

    @Param({"8", "128"})
    public int keyLength;

    private final Arena arena = Arena.ofConfined();
    private final MemoryRegion data =
            new MemoryRegion(arena.allocate(RECORDS * RECORD_LENGTH, 64));
    // As a client has its key, and as it lies in a client's staging ring for the manager.
    private final byte[][] keys = new byte[RECORDS][];
    private final MemoryRegion staging =
            new MemoryRegion(arena.allocate(RECORDS * RECORD_LENGTH, 64));
    private int next;
    private long version;

    @Setup
    public void setUp() {
        Random random = new Random(1);
        for (int record = 0; record < RECORDS; record++) {
            byte[] key = new byte[keyLength];
            random.nextBytes(key);
            keys[record] = key;
            long offset = offset(record);
            data.copyFrom(offset + RecordLayout.HEADER_LENGTH, key, 0, keyLength);
            staging.copyFrom(offset, key, 0, keyLength);
        }
        for (int record = 0; record < RECORDS; record++) {
            writeHeader();
        }
        for (int record = 0; record < RECORDS; record++) {
            if (!keyEquals() || !keyEqualsInStaging()
                    || !RecordLayout.isIntact(data, offset(next))) {
                throw new IllegalStateException("record is not as it was written: record=" + next);
            }
        }
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public boolean keyEquals() {
        nextRecord();
        return RecordLayout.keyEquals(data, offset(next), keys[next], 0, keyLength);
    }

    @Benchmark
    public boolean keyEqualsInStaging() {
        nextRecord();
        return RecordLayout.keyEquals(data, offset(next), staging, offset(next), keyLength);
    }

    @Benchmark
    public long writeHeader() {
        nextRecord();
        RecordLayout.writeHeader(
                data, offset(next), ++version, keyLength, Long.BYTES, next + 1, TAG, TAG);
        return version;
    }

    private void nextRecord() {
        next = next + 1 & RECORDS - 1;
    }

    private static long offset(int record) {
        return (long) record * RECORD_LENGTH;
    }
}
