package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ValueTest {
    private static final int RUNS = 200;
    private static final int MARGIN = 9;

    private static final Random RANDOM = Samples.random(ValueTest.class);

    private final Codecs codecs = Samples.codecs();
    private final Scratch scratch = new Scratch();

    static List<Samples.Kind> kinds() {
        return Samples.kinds();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void comesBackFromMemoryAtAnyOffset(Samples.Kind kind) {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < RUNS; i++) {
                Object value = kind.make().apply(RANDOM);
                Codec<Object> codec = codecs.forValue(value);
                long length = codec.prepare(value, scratch);
                long offset = 1L + RANDOM.nextInt(MARGIN);
                MemorySegment memory = arena.allocate(length + 2 * MARGIN);
                memory.fill((byte) 0x5A);

                codec.write(value, scratch, memory, offset);

                assertFilled(memory.asSlice(0, offset));
                assertFilled(memory.asSlice(offset + length));
                assertSame(codecs.byTag(codec.tag()).read(memory.asReadOnly(), offset, length),
                        value);
            }
        }
    }

    private static void assertFilled(MemorySegment margin) {
        assertThat(margin.toArray(LittleEndian.BYTE)).containsOnly((byte) 0x5A);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void comesBackFromTheMiddleOfAnArray(Samples.Kind kind) {
        for (int i = 0; i < RUNS; i++) {
            Object value = kind.make().apply(RANDOM);
            Codec<Object> codec = codecs.forValue(value);
            int length = (int) codec.prepare(value, scratch);
            MemorySegment slice = MemorySegment.ofArray(new byte[length + 20]).asSlice(7);

            codec.write(value, scratch, slice, 3);

            assertSame(codec.read(slice, 3, length), value);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void canBeWrittenTwiceAfterOnePreparation(Samples.Kind kind) {
        Object value = kind.make().apply(RANDOM);
        Codec<Object> codec = codecs.forValue(value);
        int length = (int) codec.prepare(value, scratch);
        byte[] first = new byte[length];
        byte[] second = new byte[length];

        codec.write(value, scratch, MemorySegment.ofArray(first), 0);
        codec.write(value, scratch, MemorySegment.ofArray(second), 0);

        assertThat(second).isEqualTo(first);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void keepsNothingOfItsSource(Samples.Kind kind) {
        Object value = kind.make().apply(RANDOM);
        byte[] bytes = Samples.encoded(codecs, value);

        Object read = Samples.decoded(codecs, codecs.forValue(value).tag(), bytes);
        Arrays.fill(bytes, (byte) 0);

        assertSame(read, value);
    }

    private static void assertSame(Object actual, Object expected) {
        if (expected instanceof MemorySegment segment) {
            assertThat(((MemorySegment) actual).mismatch(segment)).isEqualTo(-1);
        } else {
            assertThat(actual).isEqualTo(expected);
        }
    }

    @Test
    void storesLongAsEightBytesLittleEndian() {
        Codec<Long> codec = codecs.forValue(0x0102030405060708L);

        assertThat(codec.tag()).isEqualTo(Codecs.TAG_LONG);
        assertThat(Samples.encoded(codecs, 0x0102030405060708L)).containsExactly(8, 7, 6, 5, 4, 3,
                2, 1);
    }

    @Test
    void storesArraysLittleEndian() {
        assertThat(Samples.encoded(codecs, new int[]{1, -2})).containsExactly(1, 0, 0, 0, -2, -1,
                -1, -1);
        assertThat(Samples.encoded(codecs, new short[]{0x0102})).containsExactly(2, 1);
    }

    @Test
    void keepsEveryBitOfDecimalNumbers() {
        double nan = Double.longBitsToDouble(0x7FF8_0000_0000_0123L);

        assertThat(Double.doubleToRawLongBits((Double) Samples.travelled(codecs, nan)))
                .isEqualTo(Double.doubleToRawLongBits(nan));
        assertThat(Samples.travelled(codecs, -0.0)).isEqualTo(-0.0);
        assertThat(Samples.travelled(codecs, -0.0f)).isEqualTo(-0.0f);
    }

    @Test
    void takesOneByteMoreThanLatin1Text() {
        assertThat(Samples.encoded(codecs, "")).hasSize(1);
        assertThat(Samples.encoded(codecs, "grün")).hasSize(5);
    }

    @Test
    void takesTheShorterOfUtf8AndUtf16ForOtherText() {
        assertThat(Samples.encoded(codecs, "price: 5 €")).hasSize(13);
        assertThat(Samples.encoded(codecs, "中文")).hasSize(5);
    }

    @Test
    void keepsTextThatNoUtf8CanSay() {
        String lone = "a\uD800b\uDC00";

        assertThat(Samples.travelled(codecs, lone)).isEqualTo(lone);
        assertThat(Samples.travelled(codecs, "\uFFFD is a char like others"))
                .isEqualTo("\uFFFD is a char like others");
        assertThat(Samples.travelled(codecs, "zero \0 inside")).isEqualTo("zero \0 inside");
    }

    @Test
    void keepsLongTextOfEveryForm() {
        for (String piece : List.of("abc", "äöü", "plain text and one €", "中文", "\uDBFF\uDFFF")) {
            String text = piece.repeat(10_000);

            assertThat(Samples.travelled(codecs, text)).isEqualTo(text);
        }
    }

    @Test
    void leavesPositionAndLimitOfBuffersAlone() {
        ByteBuffer heap = ByteBuffer.wrap(new byte[]{1, 2, 3, 4, 5}, 1, 3);
        ByteBuffer direct = ByteBuffer.allocateDirect(5).put(heap.duplicate()).flip();

        for (ByteBuffer buffer : List.of(heap, direct, heap.asReadOnlyBuffer(), heap.slice())) {
            ByteBuffer before = buffer.duplicate();

            ByteBuffer read = (ByteBuffer) Samples.travelled(codecs, buffer);

            assertThat(buffer).isEqualTo(before).hasToString(before.toString());
            assertThat(read.hasArray()).isTrue();
            assertThat(read).isEqualTo(ByteBuffer.wrap(new byte[]{2, 3, 4}));
        }
    }

    @Test
    void readsSegmentsBackOntoTheHeap() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeMemory = arena.allocateFrom(LittleEndian.INT, 1, 2, 3);

            MemorySegment read = (MemorySegment) Samples.travelled(codecs, nativeMemory);

            assertThat(read.heapBase()).isPresent();
            assertThat(read.toArray(LittleEndian.INT)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void readsTheSameWhateverTheBuffersByteOrder() {
        ByteBuffer buffer = ByteBuffer.wrap(new byte[]{1, 2}).order(ByteOrder.LITTLE_ENDIAN);

        assertThat(Samples.encoded(codecs, buffer)).containsExactly(1, 2);
    }

    @Test
    @NullUnmarked
    void refusesNull() {
        assertThatThrownBy(() -> codecs.forValue(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("null is no value");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void neverReadsOutsideItsSource(Samples.Kind kind) {
        Object value = kind.make().apply(RANDOM);
        Codec<Object> codec = codecs.forValue(value);
        byte[] bytes = Samples.encoded(codecs, value);
        MemorySegment source = MemorySegment.ofArray(bytes);

        assertThatThrownBy(() -> codec.read(source, 1, bytes.length))
                .isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> codec.read(source, 0, bytes.length + 1L))
                .isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> codec.read(source, -1, 1)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> codec.read(source, 0, -1)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> codec.read(source, Long.MAX_VALUE, Long.MAX_VALUE))
                .isInstanceOf(CodecException.class);
    }

    @Test
    void refusesLengthsThatFitNoElement() {
        for (Object value : List.of(1L, 1, (short) 1, 'a', 1.0, 1.0f, new int[2], new double[2],
                new char[2])) {
            Codec<Object> codec = codecs.forValue(value);

            assertThatThrownBy(() -> codec.read(MemorySegment.ofArray(new byte[9]), 0, 7))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("length=7B");
        }
    }

    @Test
    void namesATagThatNobodyWrites() {
        assertThatThrownBy(() -> codecs.byTag((byte) 77))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("tag=77")
                .hasMessageContaining("add(");
        assertThatThrownBy(() -> codecs.byTag((byte) 63)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> codecs.byTag((byte) -1)).isInstanceOf(CodecException.class);
    }
}
