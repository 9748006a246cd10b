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

/** What it costs to find a key's ordinal by the hints, in cache and out of it. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class HintBenchmark {
    private static final int KEYS_PER_SET = 6;
    private static final int TAG_MASK = 0x7FFF_FFFF;

    @Param({"1000", "1000000"})
    public int keys;

    private final Arena arena = Arena.ofConfined();
    private int[] tags = new int[1];
    private HintTable hints = new HintTable(new MemoryRegion(arena.allocate(128, 64)), 1);
    private int next;

    @Setup
    public void setUp() {
        int sets = keys / KEYS_PER_SET + 1;
        hints = new HintTable(new MemoryRegion(arena.allocate(64 + sets * 64L, 64)), sets);
        tags = new int[keys];
        Random random = new Random(1);
        for (int key = 0; key < keys; key++) {
            tags[key] = random.nextInt() & TAG_MASK;
            if (!hints.insert(tags[key], key + 1)) {
                throw new IllegalStateException("no room for a hint: key=" + key);
            }
        }
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public int probe() {
        next = next + 1 == keys ? 0 : next + 1;
        int tag = tags[next];
        int set = hints.set(tag);
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                long word = hints.way(set, way);
                if (HintTable.isOfTag(word, tag)) {
                    return HintTable.ordinal(word);
                }
            }
            set = hints.nextSet(set);
        }
        throw new IllegalStateException("hint lost: tag=" + tag);
    }
}
