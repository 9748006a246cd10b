package io.ddict.bench.jmh;

import io.ddict.store.pool.HintTable;
import io.ddict.store.pool.MemoryRegion;
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

/** What it costs to find a key's ordinal by the hints, or that there is none. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class HintBenchmark {
    private static final int KEYS_PER_SET = 6;
    private static final long DATA_LENGTH = 1L << 30;

    @Param({"1000", "1000000"})
    public int keys;

    private final Arena arena = Arena.ofConfined();
    private long[] hashes = new long[1];
    private long[] absent = new long[1];
    private HintTable hints =
            new HintTable(new MemoryRegion(arena.allocate(128, 64)), 1, 1, DATA_LENGTH);
    private int next;

    @Setup
    public void setUp() {
        int sets = keys / KEYS_PER_SET + 1;
        MemoryRegion region = new MemoryRegion(arena.allocate(64 + sets * 64L, 64));
        hints = new HintTable(region, sets, keys, DATA_LENGTH);
        hashes = new long[keys];
        absent = new long[keys];
        Random random = new Random(1);
        for (int key = 0; key < keys; key++) {
            hashes[key] = random.nextLong();
            // A few of a million keys find no room, and are left to the manager.
            while (!hints.insert(hashes[key], key + 1, 0)) {
                hashes[key] = random.nextLong();
            }
            absent[key] = random.nextLong();
        }
        if (probe() != next + 1) {
            throw new IllegalStateException("hint is of another key: key=" + next);
        }
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public int probe() {
        next = next + 1 == keys ? 0 : next + 1;
        int ordinal = ordinalOf(hashes[next]);
        if (ordinal == 0) {
            throw new IllegalStateException("hint lost: hash=" + hashes[next]);
        }
        return ordinal;
    }

    @Benchmark
    public int probeAbsent() {
        next = next + 1 == keys ? 0 : next + 1;
        return ordinalOf(absent[next]);
    }

    // The first hint of the tag; whose key it is only the entry would tell.
    private int ordinalOf(long hash) {
        long tag = hints.tag(hash);
        int set = hints.set(hash);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            int ways = hints.waysOf(set, tag);
            if (ways != 0) {
                return hints.ordinal(hints.way(set, Integer.numberOfTrailingZeros(ways)));
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                return 0;
            }
            set = hints.nextSet(set);
        }
        return 0;
    }
}
