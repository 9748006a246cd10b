package io.ddict.bench.jmh;

import io.ddict.store.table.KeyTable;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/**
 * What the key table costs, a Chronicle Map from hash to ordinal: new and removed keys go through
 * it, overwrites and gets do not. One core.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class KeyTableBenchmark {
    @Param({"10000", "1000000"})
    public int keys;

    private long[] hashes = new long[1];
    private @Nullable TemporaryFolder folder;
    private @Nullable KeyTable table;
    private int next;

    @Setup
    public void setUp() throws IOException {
        folder = TemporaryFolder.create();
        table = KeyTable.create(folder.path().resolve("table"), keys);
        hashes = new long[keys];
        Random random = new Random(1);
        for (int key = 0; key < keys; key++) {
            hashes[key] = random.nextLong();
            table.put(hashes[key], key + 1);
        }
        if (table.size() != keys || find() != next + 1 || removeAndPut() != next + 1) {
            throw new IllegalStateException("table is not as it was filled: keys=" + table.size());
        }
    }

    @TearDown
    public void tearDown() throws IOException {
        table().close();
        if (folder != null) {
            folder.close();
        }
    }

    @Benchmark
    public int find() {
        return table().find(nextHash());
    }

    @Benchmark
    public int put() {
        table().put(nextHash(), next + 1);
        return next;
    }

    @Benchmark
    public int removeAndPut() {
        long hash = nextHash();
        if (!table().remove(hash)) {
            throw new IllegalStateException("hash lost: hash=" + hash);
        }
        table().put(hash, next + 1);
        return next + 1;
    }

    private long nextHash() {
        next = next + 1 == keys ? 0 : next + 1;
        return hashes[next];
    }

    private KeyTable table() {
        if (table == null) {
            throw new IllegalStateException("not set up");
        }
        return table;
    }
}
