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
import java.util.function.IntFunction;
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
    private static final int SAMPLES = 16;
    private static final long SEED = 42;

    /** Values that are copied as they are, by what they are called in the results. */
    private static final Map<String, IntFunction<Object>> VALUES =
            Map.of(
                    "bytes-1k", _ -> new byte[1 << 10],
                    "doubles-128", _ -> new double[128],
                    "long", i -> 1000L + i,
                    "text", i -> "the quick brown fox jumps over the lazy dog " + (char) ('a' + i));

    private final Codecs codecs = Codecs.standard();
    private final KeyBytes keyBytes = new KeyBytes();
    private final byte[][] bytesKeys = new byte[SAMPLES][128];
    private final String[] textKeys = new String[SAMPLES];
    private int nextKey;

    /** What a user's own record may look like. */
    public record Point(int x, double y, String label) {}

    /** Some values of one type, and where one is written to and read from. */
    private static final class Samples {
        private final Codecs codecs = Codecs.builder().register(Point.class).build();
        private final Scratch scratch = new Scratch();
        private final Object[] values = new Object[SAMPLES];
        private final long[] lengths = new long[SAMPLES];
        private final MemorySegment[] targets = new MemorySegment[SAMPLES];
        private int next;

        Samples(IntFunction<Object> maker) {
            for (int i = 0; i < SAMPLES; i++) {
                values[i] = maker.apply(i);
                targets[i] = Arena.ofAuto().allocate(1 << 12, 64);
            }
            for (int i = 0; i < SAMPLES; i++) {
                lengths[next] = encode();
            }
            for (int i = 0; i < SAMPLES; i++) {
                Object decoded = decode();
                if (!Objects.deepEquals(decoded, values[next])) {
                    throw new IllegalStateException(
                            "value came back as another: value=" + values[next]);
                }
            }
        }

        long encode() {
            next = next + 1 & SAMPLES - 1;
            Object value = values[next];
            Codec<Object> codec = codecs.forValue(value);
            long length = codec.prepare(value, scratch);
            codec.write(value, scratch, targets[next], 0);
            return length;
        }

        Object decode() {
            next = next + 1 & SAMPLES - 1;
            byte tag = codecs.forValue(values[next]).tag();
            return codecs.byTag(tag).read(targets[next], 0, lengths[next]);
        }
    }

    /** Values of the kinds that are copied as they are. */
    @State(Scope.Thread)
    public static class Copied {
        @Param({"bytes-1k", "doubles-128", "long", "text"})
        public String kind = "long";

        private Samples samples = new Samples(_ -> 0L);

        @Setup
        public void setUp() {
            samples = new Samples(Objects.requireNonNull(VALUES.get(kind)));
        }
    }

    /** Values of a class of the user's. */
    @State(Scope.Thread)
    public static class Points {
        private Samples samples = new Samples(_ -> 0L);

        @Setup
        public void setUp() {
            samples = new Samples(i -> new Point(i, i + 0.5, "here"));
        }
    }

    @Setup
    public void setUp() {
        for (int i = 0; i < SAMPLES; i++) {
            bytesKeys[i][127] = (byte) i;
            textKeys[i] = "user/12345678" + (10 + i) + "/profile";
        }
    }

    @Benchmark
    public long encode(Copied copied) {
        return copied.samples.encode();
    }

    @Benchmark
    @Allocates("the value")
    public Object decode(Copied copied) {
        return copied.samples.decode();
    }

    @Benchmark
    public long encodeObject(Points points) {
        return points.samples.encode();
    }

    @Benchmark
    @Allocates("the object")
    public Object decodeObject(Points points) {
        return points.samples.decode();
    }

    @Benchmark
    public long encodeAndHashBytesKey() {
        nextKey = nextKey + 1 & SAMPLES - 1;
        codecs.encodeKey(bytesKeys[nextKey], keyBytes);
        return keyBytes.hash(SEED);
    }

    @Benchmark
    public long encodeAndHashTextKey() {
        nextKey = nextKey + 1 & SAMPLES - 1;
        codecs.encodeKey(textKeys[nextKey], keyBytes);
        return keyBytes.hash(SEED);
    }
}
