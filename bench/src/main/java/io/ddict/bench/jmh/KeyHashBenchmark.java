package io.ddict.bench.jmh;

import io.ddict.store.pool.KeyHash;
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

/** What it costs to hash a key. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class KeyHashBenchmark {
    private static final byte TAG = 1;
    private static final int KEYS = 64;

    @Param({"8", "16", "128"})
    public int keyLength;

    private final KeyHash keyHash = new KeyHash(42);
    private final byte[][] keys = new byte[KEYS][];
    private int next;

    @Setup
    public void setUp() {
        Random random = new Random(1);
        for (int i = 0; i < KEYS; i++) {
            keys[i] = new byte[keyLength];
            random.nextBytes(keys[i]);
        }
    }

    @Benchmark
    public long hash() {
        next = next + 1 & KEYS - 1;
        return keyHash.of(keys[next], 0, keyLength, TAG);
    }
}
