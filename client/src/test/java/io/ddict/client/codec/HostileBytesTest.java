package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes that nobody wrote lead to a value or a CodecException, and to no more memory than they are
 * worth.
 */
class HostileBytesTest {
    private static final int RUNS = 3000;

    // What a codec may allocate beyond a multiple of the bytes: 4 Mi references of the object
    // codec, and classes it generates.
    private static final long ALLOCATION_MAX = 64L << 20;
    private static final long ALLOCATION_PER_BYTE_MAX = 1000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Codecs CODECS = Samples.codecs();
    private static final Random RANDOM = Samples.random(HostileBytesTest.class);

    private interface Decoder {
        Object decode(MemorySegment source, int length);
    }

    static List<Samples.Kind> kinds() {
        return Samples.kinds();
    }

    static List<Samples.Kind> keyKinds() {
        return Samples.kinds().stream().filter(Samples.Kind::key).toList();
    }

    // Makes Fory compile its serializers, which would count as allocation.
    @BeforeAll
    static void warmUp() {
        for (Samples.Kind kind : kinds()) {
            Samples.travelled(CODECS, kind.make().apply(RANDOM));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void damagedValuesAreRefusedOrRead(Samples.Kind kind) {
        for (int i = 0; i < RUNS; i++) {
            Object value = kind.make().apply(RANDOM);
            Codec<Object> codec = CODECS.forValue(value);
            byte[] bytes = damage(Samples.encoded(CODECS, value));

            check(bytes, (source, length) -> codec.read(source, 0, length));
        }
    }

    @Test
    void randomValuesAreRefusedOrRead() {
        for (int tag = 1; tag <= Tags.OBJECT; tag++) {
            if (tag == Tags.ENUM || tag == Tags.RECORD || tag == Tags.LIST) {
                continue;
            }
            Codec<?> codec = CODECS.byTag((byte) tag);
            for (int i = 0; i < RUNS; i++) {
                check(Samples.bytes(RANDOM, 40), (source, length) -> codec.read(source, 0, length));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("keyKinds")
    void damagedKeysAreRefusedOrRead(Samples.Kind kind) {
        for (int i = 0; i < RUNS; i++) {
            KeyBytes key = Samples.key(CODECS, kind.make().apply(RANDOM));
            byte[] bytes = damage(Samples.content(key));

            check(bytes, (source, length) -> CODECS.decodeKey(key.tag(), source, 0, length));
        }
    }

    @Test
    void randomKeysAreRefusedOrRead() {
        for (int tag = Byte.MIN_VALUE; tag <= Byte.MAX_VALUE; tag++) {
            byte each = (byte) tag;
            for (int i = 0; i < RUNS / 10; i++) {
                check(Samples.bytes(RANDOM, 40),
                        (source, length) -> CODECS.decodeKey(each, source, 0, length));
            }
        }
    }

    @Test
    void announcedLengthsAreNotBelieved() {
        byte[] list = Samples.encoded(CODECS, new ArrayList<>(List.of(1, 2, 3)));
        for (int at = 0; at < list.length; at++) {
            for (byte[] length : List.of(
                    new byte[]{-1, -1, -1, -1, 7}, new byte[]{-1, -1, -1, 127},
                    new byte[]{-1, -1, -1, -1, 15})) {
                byte[] bytes = Arrays.copyOf(list, list.length + length.length);
                System.arraycopy(length, 0, bytes, at, length.length);

                check(bytes, (source, count) -> CODECS.byTag(Tags.OBJECT).read(source, 0, count));
            }
        }
    }

    private static byte[] damage(byte[] bytes) {
        byte[] damaged = RANDOM.nextInt(4) == 0
                ? Arrays.copyOf(bytes, RANDOM.nextInt(bytes.length + 10))
                : bytes.clone();
        for (int i = RANDOM.nextInt(4); i >= 0 && damaged.length > 0; i--) {
            int at = RANDOM.nextInt(damaged.length);
            damaged[at] = RANDOM.nextBoolean() ? (byte) RANDOM.nextInt()
                    : (byte) (damaged[at] ^ 1 << RANDOM.nextInt(8));
        }
        return damaged;
    }

    private static void check(byte[] bytes, Decoder decoder) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            assertThat(decoder.decode(MemorySegment.ofArray(bytes), bytes.length)).isNotNull();
        } catch (CodecException e) {
            assertThat(e).hasMessageMatching("(?s).+");
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            fail("threw something else than CodecException for " + HexFormat.of().formatHex(bytes),
                    e);
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated)
                .as("B allocated for %s", HexFormat.of().formatHex(bytes))
                .isLessThan(ALLOCATION_MAX + ALLOCATION_PER_BYTE_MAX * bytes.length);
    }
}
