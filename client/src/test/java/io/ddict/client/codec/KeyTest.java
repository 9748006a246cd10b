package io.ddict.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.codec.Samples.Colour;
import io.ddict.client.codec.Samples.Point;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KeyTest {
    record Route(String from, ByteBuffer to) {}

    record Holder(Object content) {}

    record OddList(ArrayList<Integer> numbers) {}

    record Picky(int number) {
        Picky {
            if (number < 0) {
                throw new IllegalArgumentException("negative");
            }
        }
    }

    private static final Random RANDOM = Samples.random(KeyTest.class);

    private final Codecs codecs = Codecs.builder()
            .register(Colour.class, Point.class, Samples.Cell.class, Route.class, Holder.class,
                    OddList.class)
            .register(Picky.class, TimeUnit.class, Samples.Car.class)
            .build();

    static List<Samples.Kind> kinds() {
        return Samples.kinds().stream().filter(Samples.Kind::key).toList();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void comesBack(Samples.Kind kind) {
        for (int i = 0; i < 200; i++) {
            Object key = kind.make().apply(RANDOM);

            assertThat(Samples.travelledKey(codecs, key)).isEqualTo(key);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void comesBackFromMemory(Samples.Kind kind) {
        Object key = kind.make().apply(RANDOM);
        KeyBytes bytes = Samples.key(codecs, key);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes.length() + 1L);
            MemorySegment.copy(bytes.array(), bytes.offset(), memory, LittleEndian.BYTE, 1,
                    bytes.length());

            assertThat(codecs.decodeKey(bytes.tag(), memory.asReadOnly(), 1, bytes.length()))
                    .isEqualTo(key);
        }
    }

    @Test
    void keepsEveryPairOfTheseApart() {
        List<Object> keys = List.of(
                1, 1L, "1", (short) 1, (byte) 1, '1', 1.0, 1.0f, true, BigInteger.ONE,
                BigDecimal.ONE,
                new BigDecimal("1.0"), new byte[]{1}, new short[]{1}, new int[]{1}, new long[]{1},
                new char[]{1},
                new float[]{1}, new double[]{1}, new boolean[]{true}, List.of(1), List.of(1L),
                List.of(List.of(1)),
                List.of(), "", new byte[0], List.of(""), List.of("", ""), new UUID(0, 1),
                Colour.RED, "RED",
                new Point(1, 1), List.of(1.0, 1.0), List.of("ab", "c"), List.of("a", "bc"));
        Set<String> seen = new HashSet<>();
        for (Object key : keys) {
            assertThat(seen.add(identity(key))).as("%s of %s", key, key.getClass()).isTrue();
        }
    }

    @Test
    void takesEqualKeysForOneWhateverTheirClass() {
        byte[] bytes = {9, 1, 2, 3, 9};
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeMemory =
                    arena.allocateFrom(LittleEndian.BYTE, (byte) 1, (byte) 2, (byte) 3);
            assertOneKey(
                    new byte[]{1, 2, 3},
                    ByteBuffer.wrap(bytes, 1, 3),
                    ByteBuffer.wrap(bytes, 1, 3).slice().asReadOnlyBuffer(),
                    ByteBuffer.allocateDirect(3).put(bytes, 1, 3).flip(),
                    MemorySegment.ofArray(bytes).asSlice(1, 3),
                    MemorySegment.ofArray(bytes).asSlice(1, 3).asReadOnly(),
                    nativeMemory);
        }
        assertOneKey(List.of(1, "a"), new ArrayList<>(List.of(1, "a")), Arrays.asList(1, "a"));
        assertOneKey(new CopyOnWriteArrayList<>(List.of(1)), Collections.singletonList(1),
                List.of(1, 2).subList(0, 1));
        assertOneKey(List.of(ByteBuffer.wrap(bytes)), List.of(bytes));
    }

    @Test
    void takesOneNanForAllAndZeroForMinusZero() {
        double oddNan = Double.longBitsToDouble(0xFFF8_0000_0000_0123L);
        float oddFloatNan = Float.intBitsToFloat(0xFFC0_0123);
        assertOneKey(Double.NaN, oddNan);
        assertOneKey(Float.NaN, oddFloatNan);
        assertOneKey(0.0, -0.0);
        assertOneKey(0.0f, -0.0f);
        assertOneKey(new double[]{0.0, Double.NaN}, new double[]{-0.0, oddNan});
        assertOneKey(new float[]{0.0f, Float.NaN}, new float[]{-0.0f, oddFloatNan});
        assertOneKey(new Point(0.0, Double.NaN), new Point(-0.0, oddNan));
    }

    @Test
    void leavesTheCallersArraysAlone() {
        double[] numbers = {-0.0};

        Samples.key(codecs, numbers);

        assertThat(numbers[0]).isEqualTo(-0.0);
    }

    private void assertOneKey(Object... keys) {
        for (Object key : keys) {
            assertThat(identity(key)).as("%s of %s", key, key.getClass())
                    .isEqualTo(identity(keys[0]));
        }
    }

    private String identity(Object key) {
        KeyBytes bytes = Samples.key(codecs, key);
        return bytes.tag() + ":" + Arrays.toString(Samples.content(bytes)) + ":" + bytes.hash(42);
    }

    @Test
    void takesTheCallersArrayWithoutACopy() {
        byte[] array = {0, 1, 2, 3};
        KeyBytes bytes = new KeyBytes();

        codecs.encodeKey(array, bytes);
        assertThat(bytes.array()).isSameAs(array);
        assertThat(bytes.length()).isEqualTo(4);

        codecs.encodeKey(ByteBuffer.wrap(array, 1, 2), bytes);
        assertThat(Samples.content(bytes)).containsExactly(1, 2);

        codecs.encodeKey(MemorySegment.ofArray(array).asSlice(2), bytes);
        assertThat(bytes.array()).isSameAs(array);
        assertThat(bytes.offset()).isEqualTo(2);
    }

    @Test
    void servesOneKeyAfterAnother() {
        KeyBytes bytes = new KeyBytes();
        for (Object key : List.of("a long text ".repeat(100), 7, new byte[]{1},
                List.of("x".repeat(500)), "b")) {
            codecs.encodeKey(key, bytes);

            assertThat(identity(key)).isEqualTo(
                    bytes.tag() + ":" + Arrays.toString(Samples.content(bytes)) + ":"
                            + bytes.hash(42));
        }
    }

    @Test
    void servesOnAfterARefusal() {
        KeyBytes bytes = new KeyBytes();
        List<Object> nested = nest(100);
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> codecs.encodeKey(nested, bytes))
                    .isInstanceOf(IllegalArgumentException.class);
            codecs.encodeKey(nest(60), bytes);
        }
        codecs.encodeKey("a", bytes);

        assertThat(Samples.content(bytes)).containsExactly('a');
    }

    @Test
    void encodesTextAsUtf8() {
        String text = "aä€\uD83D\uDE00";

        assertThat(Samples.content(Samples.key(codecs, text)))
                .isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void givesBytesBackInTheKindOfBufferTheRecordDeclares() {
        Route route = new Route("here", ByteBuffer.wrap(new byte[]{1, 2}));

        assertThat(Samples.travelledKey(codecs, route)).isEqualTo(route);
    }

    @Test
    void allowsNullInsideButNotAsAKey() {
        List<@Nullable Object> holed = Arrays.asList(1, null, "a");

        assertThat(Samples.travelledKey(codecs, holed)).isEqualTo(holed);
        assertThat(Samples.travelledKey(codecs, new Holder(List.of())))
                .isEqualTo(new Holder(List.of()));
        assertRefusesNull();
    }

    @NullUnmarked
    private void assertRefusesNull() {
        assertThatThrownBy(() -> codecs.encodeKey(null, new KeyBytes()))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("null is no key");
    }

    @Test
    void takesEnumsOfTheJdkOnceTheyAreRegistered() {
        assertThat(Samples.travelledKey(codecs, TimeUnit.DAYS)).isEqualTo(TimeUnit.DAYS);
    }

    @Test
    void refusesKeysWithoutCanonicalBytes() {
        for (Object key : List.of(Map.of(), Set.of(), new Object(), new Samples.Car(),
                new AtomicLong(), int.class)) {
            assertThatThrownBy(() -> Samples.key(codecs, key))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("class=" + key.getClass().getTypeName())
                    .hasMessageContaining("String")
                    .hasMessageContaining("enum, record or List");
        }
        assertThatThrownBy(() -> Samples.key(codecs, List.of(new HashMap<>())))
                .hasMessageContaining("class=java.util.HashMap");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void tellsThatItServesWhatItEncodes(Samples.Kind kind) {
        assertThat(codecs.serveKeys(kind.make().apply(RANDOM).getClass())).isTrue();
    }

    @Test
    void tellsWhichClassesItDoesNotServe() {
        for (Class<?> type : List.of(Object.class, HashMap.class, Thread.State.class)) {
            assertThat(codecs.serveKeys(type)).as(type.getName()).isFalse();
        }
        assertThat(Codecs.standard().serveKeys(Point.class)).isFalse();
    }

    @Test
    void refusesRecordsAndEnumsThatAreNotRegistered() {
        for (Object key : List.of(new Point(1, 2), Colour.GREEN)) {
            String name = key instanceof Colour ? "Colour" : "Point";
            assertThatThrownBy(() -> Samples.key(Codecs.standard(), key))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("class=io.ddict.client.codec.Samples$" + name)
                    .hasMessageContaining("register(" + name + ".class)");
        }
    }

    @Test
    void refusesToDecodeRecordsAndEnumsThatAreNotRegistered() {
        for (Object key : List.of(new Point(1, 2), Colour.GREEN)) {
            KeyBytes bytes = Samples.key(codecs, key);
            MemorySegment source = MemorySegment.ofArray(bytes.array());

            assertThatThrownBy(
                    () -> Codecs.standard().decodeKey(bytes.tag(), source, 0, bytes.length()))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("not registered: class=io.ddict.client.codec.Samples$");
        }
    }

    @Test
    void refusesRecordsWhoseListsCouldNotComeBack() {
        assertThatThrownBy(() -> Samples.key(codecs, new OddList(new ArrayList<>())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("component=numbers");
    }

    @Test
    void refusesComponentsThatTheRecordRefuses() {
        KeyBytes bytes = Samples.key(codecs, new Picky(5));
        byte[] content = Samples.content(bytes);
        content[content.length - 1] = -1;

        assertThatThrownBy(() -> codecs.decodeKey(bytes.tag(), MemorySegment.ofArray(content), 0,
                content.length))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("Picky");
    }

    @Test
    void refusesSurrogatesWithoutPartner() {
        assertThatThrownBy(() -> Samples.key(codecs, "ab\uD800c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index=2");
        assertThatThrownBy(() -> Samples.key(codecs, "\uDC00\uD800"))
                .hasMessageContaining("index=0");
        assertThatThrownBy(() -> Samples.key(codecs, "\uD83D\uDE00\uD800"))
                .hasMessageContaining("index=2");
    }

    @Test
    void takesKeysUpToTheLimitAndNotAByteMore() {
        int limit = KeyBytes.LENGTH_MAX;
        assertThat(Samples.key(codecs, new byte[limit]).length()).isEqualTo(65_535);
        assertThat(Samples.key(codecs, "x".repeat(limit)).length()).isEqualTo(limit);
        assertThat(Samples.key(codecs, List.of("x".repeat(limit - 3))).length()).isEqualTo(limit);

        assertTooLong(new byte[limit + 1], limit + 1);
        assertTooLong("x".repeat(limit + 1), limit + 1);
        assertTooLong("€".repeat(limit / 3 + 1), limit + 3);
        assertTooLong(List.of("x".repeat(limit - 2)), limit + 1);
        assertTooLong(new int[limit], 4L * limit);
        assertTooLong(ByteBuffer.allocateDirect(limit + 1), limit + 1);
        assertTooLong(BigInteger.TWO.pow(8 * limit), limit + 1);
        assertTooLong(new Holder(new byte[limit]), -1);
    }

    private void assertTooLong(Object key, long length) {
        assertThatThrownBy(() -> Samples.key(codecs, key))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key too long: keyLength=" + (length < 0 ? "" : length + "B"))
                .hasMessageContaining("keyLengthMax=65535B");
    }

    @Test
    void refusesKeysThatHoldThemselves() {
        List<Object> self = new ArrayList<>();
        self.add(self);

        assertThatThrownBy(() -> Samples.key(codecs, self))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("depthMax=64");
    }

    @Test
    void readsBackTheDeepestKeyItWrites() {
        assertThat(Samples.travelledKey(codecs, nest(KeyBytes.DEPTH_MAX)))
                .isEqualTo(nest(KeyBytes.DEPTH_MAX));
        assertThatThrownBy(() -> Samples.key(codecs, nest(KeyBytes.DEPTH_MAX + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesBytesNestedDeeperThanItWrites() {
        KeyBytes innermost = Samples.key(codecs, nest(KeyBytes.DEPTH_MAX));
        byte[] inner = Samples.content(innermost);
        byte[] outer = new byte[inner.length + 3];
        outer[0] = innermost.tag();
        outer[1] = (byte) inner.length;
        outer[2] = (byte) (inner.length >> 8);
        System.arraycopy(inner, 0, outer, 3, inner.length);

        assertThatThrownBy(() -> codecs.decodeKey(innermost.tag(), MemorySegment.ofArray(outer), 0,
                outer.length))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("too deeply");
    }

    private static List<Object> nest(int depth) {
        List<Object> nested = List.of();
        for (int i = 1; i < depth; i++) {
            nested = List.of(nested);
        }
        return nested;
    }

    @Test
    void refusesTextBytesThatAreNotUtf8() {
        byte[] bytes = {'a', (byte) 0xC3};

        assertThatThrownBy(() -> codecs.decodeKey(Tags.STRING, MemorySegment.ofArray(bytes), 0, 2))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("UTF-8");
        assertThat(Samples.travelledKey(codecs, "\uFFFD")).isEqualTo("\uFFFD");
    }

    @Test
    void refusesTagsThatNoKeyHas() {
        for (byte tag : new byte[]{0, -1, Tags.OBJECT, Tags.BYTE_BUFFER, 63, 64, 127}) {
            assertThatThrownBy(
                    () -> codecs.decodeKey(tag, MemorySegment.ofArray(new byte[8]), 0, 8))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("tag=" + tag);
        }
    }
}
