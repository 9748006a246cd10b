package io.ddict.bench.jmh;

import io.ddict.bench.gups.Values;
import io.ddict.bench.peers.Keys;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.lang.foreign.MemorySegment;
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

/** Calls on a live dictionary from a JVM without flags; its node service wants a core of its own. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DictBenchmark {
    private static final int KEYS = 1000;

    @Param({"8", "1024"})
    public int valueLength;

    private final Keys keys = new Keys();
    private Values values = new Values(Long.BYTES);
    private byte[] buffer = new byte[Long.BYTES];
    private MemorySegment bufferSegment = MemorySegment.ofArray(buffer);
    private @Nullable DDict<byte[], byte[]> opened;
    private int next;

    @Setup
    public void setUp() {
        opened = DDict.create(DDictConfig.builder().totalMemory(ByteSize.mib(256)).build());
        values = new Values(valueLength);
        buffer = new byte[valueLength];
        bufferSegment = MemorySegment.ofArray(buffer);
        for (int key = 0; key < KEYS; key++) {
            dict().put(keys.of(key), values.of(key, 0));
        }
        for (int key = 0; key < KEYS; key++) {
            values.check(key, buffer, (int) dict().get(keys.of(key), bufferSegment));
        }
    }

    @TearDown
    public void tearDown() {
        dict().destroy();
        dict().close();
    }

    @Benchmark
    public void put() {
        int key = nextKey();
        dict().put(keys.of(key), values.of(key, 0));
    }

    @Benchmark
    @Allocates("the value")
    public byte @Nullable [] get() {
        return dict().get(keys.of(nextKey()));
    }

    @Benchmark
    public long getInto() {
        return dict().get(keys.of(nextKey()), bufferSegment);
    }

    @Benchmark
    public @Nullable Boolean view() {
        return dict().view(keys.of(nextKey()), DictBenchmark::isEmpty);
    }

    @Benchmark
    public long putThenGetInto() {
        int key = nextKey();
        byte[] name = keys.of(key);
        dict().put(name, values.of(key, 0));
        return dict().get(name, bufferSegment);
    }

    private static Boolean isEmpty(MemorySegment value) {
        return value.byteSize() == 0;
    }

    private int nextKey() {
        next = next + 1 == KEYS ? 0 : next + 1;
        return next;
    }

    private DDict<byte[], byte[]> dict() {
        if (opened == null) {
            throw new IllegalStateException("not set up");
        }
        return opened;
    }
}
