package io.ddict.bench.jmh;

import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
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

/** What it costs to turn keys and values into bytes outside the heap, and back. One core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class CodecBenchmark {
    /** Values by what they are called in the results. */
    private static final Map<String, Object> VALUES =
            Map.of(
                    "long", 42L,
                    "text", "the quick brown fox jumps over the lazy dog",
                    "bytes-1k", new byte[1 << 10],
                    "doubles-128", new double[128],
                    "point", new Point(1, 2.5, "here"));

    /** What a user's own record may look like. */
    public record Point(int x, double y, String label) {}

    @Param({"long", "text", "bytes-1k", "doubles-128", "point"})
    public String kind = "long";

    private final Codecs codecs = Codecs.builder().register(Point.class).build();
    private final Scratch scratch = new Scratch();
    private final KeyBytes keyBytes = new KeyBytes();
    private final MemorySegment target = Arena.ofAuto().allocate(1 << 16, 64);
    private final byte[] bytesKey = new byte[128];
    private Object value = 0L;
    private long length;

    @Setup
    public void setUp() {
        value = Objects.requireNonNull(VALUES.get(kind));
        length = encode();
        if (!decode().getClass().equals(value.getClass())) {
            throw new IllegalStateException("value came back as another: kind=" + kind);
        }
    }

    @Benchmark
    public long encode() {
        Codec<Object> codec = codecs.forValue(value);
        long encoded = codec.prepare(value, scratch);
        codec.write(value, scratch, target, 0);
        return encoded;
    }

    @Benchmark
    public Object decode() {
        return codecs.byTag(codecs.forValue(value).tag()).read(target, 0, length);
    }

    @Benchmark
    public int encodeBytesKey() {
        codecs.encodeKey(bytesKey, keyBytes);
        return keyBytes.length();
    }

    @Benchmark
    public int encodeTextKey() {
        codecs.encodeKey("user/1234567890/profile", keyBytes);
        return keyBytes.length();
    }
}
