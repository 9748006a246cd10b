package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Random keys and values of every kind, from a seed that is printed. */
final class Samples {
    enum Colour {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "green, with a class of its own";
            }
        },
        BLUE
    }

    record Point(double x, double y) {}

    record Cell(String row, int column, Colour colour, List<Long> path, @Nullable UUID owner) {}

    record Parcel(String name, long id, Point place, Map<String, List<Point>> stops,
            ByteBuffer content) {}

    static class Vehicle {
        int wheels;
    }

    static final class Car extends Vehicle {
        String plate = "";

        @Override
        public boolean equals(Object other) {
            return other instanceof Car car && wheels == car.wheels && plate.equals(car.plate);
        }

        @Override
        public int hashCode() {
            return Objects.hash(wheels, plate);
        }
    }

    static final class Node {
        int number;
        @Nullable Node next;
    }

    /** A class nobody registers. */
    record Stranger(int number) {}

    /** Values of one kind, and whether they may be keys. */
    record Kind(String name, boolean key, Function<Random, Object> make) {
        @Override
        public String toString() {
            return name;
        }
    }

    private Samples() {}

    static Codecs codecs() {
        return Codecs.builder()
                .register(Colour.class, Point.class, Cell.class, Parcel.class, Car.class,
                        Node.class)
                .build();
    }

    /** A generator whose seed is on the console, with what repeats the run. */
    static Random random(Class<?> test) {
        long seed = Long.getLong("ddict.test.seed", System.nanoTime());
        System.out.println(
                "seed=" + seed + "; repeat with: mvn test -pl client -Dtest=" + test.getSimpleName()
                        + " -Dddict.test.seed=" + seed);
        return new Random(seed);
    }

    static List<Kind> kinds() {
        return List.of(
                new Kind("byte[]", true, r -> bytes(r, 300)),
                new Kind("String ASCII", true, r -> text(r, 0x80)),
                new Kind("String Latin-1", true, r -> text(r, 0x100)),
                new Kind("String, mostly ASCII", true,
                        r -> text(r, 0x80) + text(r, 0x3000) + text(r, 0x80)),
                new Kind("String", true, r -> text(r, Character.MAX_CODE_POINT + 1)),
                new Kind("Long", true, Random::nextLong),
                new Kind("Integer", true, Random::nextInt),
                new Kind("Short", true, r -> (short) r.nextInt()),
                new Kind("Byte", true, r -> (byte) r.nextInt()),
                new Kind("Boolean", true, Random::nextBoolean),
                new Kind("Character", true, r -> (char) r.nextInt()),
                new Kind("Double", true, r -> r.nextGaussian() * 1e100),
                new Kind("Float", true, r -> (float) r.nextGaussian()),
                new Kind("UUID", true, r -> new UUID(r.nextLong(), r.nextLong())),
                new Kind("boolean[]", true, Samples::booleans),
                new Kind("short[]", true, Samples::shorts),
                new Kind("char[]", true, r -> text(r, 0x10000).toCharArray()),
                new Kind("int[]", true, r -> r.ints(r.nextInt(50)).toArray()),
                new Kind("long[]", true, r -> r.longs(r.nextInt(50)).toArray()),
                new Kind("float[]", true, Samples::floats),
                new Kind("double[]", true, r -> r.doubles(r.nextInt(50)).toArray()),
                new Kind("BigInteger", true, r -> new BigInteger(r.nextInt(400), r).negate()),
                new Kind("BigDecimal", true,
                        r -> new BigDecimal(new BigInteger(200, r), r.nextInt(99) - 50)),
                new Kind("Instant", true,
                        r -> Instant.ofEpochSecond(r.nextInt(), r.nextInt(1_000_000_000))),
                new Kind("Duration", true,
                        r -> Duration.ofSeconds(r.nextInt(), r.nextInt(1_000_000_000))),
                new Kind("LocalDate", true, Samples::date),
                new Kind("LocalTime", true, Samples::time),
                new Kind("LocalDateTime", true, r -> LocalDateTime.of(date(r), time(r))),
                new Kind("enum", true, Samples::colour),
                new Kind("record", true, Samples::point),
                new Kind("record of many", true, Samples::cell),
                new Kind("List", true,
                        r -> List.of(r.nextInt(), text(r, 0x80), List.of(point(r), r.nextLong()))),
                new Kind("ByteBuffer", false, r -> ByteBuffer.wrap(bytes(r, 300))),
                new Kind("MemorySegment", false, r -> MemorySegment.ofArray(bytes(r, 300))),
                new Kind("record with map", false, Samples::parcel),
                new Kind("class with superclass", false, Samples::car),
                new Kind("Map", false,
                        r -> new HashMap<>(Map.of("a", point(r), "b", List.of(point(r))))),
                new Kind("ArrayList", false, r -> new ArrayList<>(List.of(parcel(r), parcel(r)))));
    }

    static byte[] bytes(Random random, int lengthMax) {
        byte[] bytes = new byte[random.nextInt(lengthMax + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Text without lone surrogates. */
    static String text(Random random, int codePointLimit) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            int codePoint = random.nextInt(codePointLimit);
            boolean surrogate =
                    codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
            text.appendCodePoint(surrogate ? 'x' : codePoint);
        }
        return text.toString();
    }

    static Parcel parcel(Random random) {
        return new Parcel(
                text(random, 0x3000),
                random.nextLong(),
                point(random),
                new HashMap<>(Map.of(text(random, 0x80), List.of(point(random), point(random)))),
                ByteBuffer.wrap(bytes(random, 100)));
    }

    static Point point(Random random) {
        return new Point(random.nextDouble(), random.nextDouble());
    }

    private static Cell cell(Random random) {
        UUID owner = random.nextBoolean() ? new UUID(random.nextLong(), random.nextLong()) : null;
        return new Cell(text(random, 0x800), random.nextInt(), colour(random),
                List.of(random.nextLong(), 2L), owner);
    }

    private static Colour colour(Random random) {
        return Colour.values()[random.nextInt(3)];
    }

    private static Car car(Random random) {
        Car car = new Car();
        car.wheels = random.nextInt();
        car.plate = text(random, 0x80);
        return car;
    }

    private static LocalDate date(Random random) {
        return LocalDate.ofEpochDay(random.nextInt(1_000_000) - 500_000);
    }

    private static LocalTime time(Random random) {
        return LocalTime.ofNanoOfDay(random.nextLong(24L * 3600 * 1_000_000_000));
    }

    private static boolean[] booleans(Random random) {
        boolean[] booleans = new boolean[random.nextInt(50)];
        for (int i = 0; i < booleans.length; i++) {
            booleans[i] = random.nextBoolean();
        }
        return booleans;
    }

    private static short[] shorts(Random random) {
        short[] shorts = new short[random.nextInt(50)];
        for (int i = 0; i < shorts.length; i++) {
            shorts[i] = (short) random.nextInt();
        }
        return shorts;
    }

    private static float[] floats(Random random) {
        float[] floats = new float[random.nextInt(50)];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = random.nextFloat();
        }
        return floats;
    }

    /** The value's bytes and nothing else. */
    static byte[] encoded(Codecs codecs, Object value) {
        Codec<Object> codec = codecs.forValue(value);
        Scratch scratch = new Scratch();
        byte[] bytes = new byte[(int) codec.prepare(value, scratch)];
        codec.write(value, scratch, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    static Object decoded(Codecs codecs, byte tag, byte[] bytes) {
        return codecs.byTag(tag).read(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** Through bytes and back. */
    static Object travelled(Codecs codecs, Object value) {
        return decoded(codecs, codecs.forValue(value).tag(), encoded(codecs, value));
    }

    static KeyBytes key(Codecs codecs, Object key) {
        KeyBytes bytes = new KeyBytes();
        codecs.encodeKey(key, bytes);
        return bytes;
    }

    static byte[] content(KeyBytes key) {
        return Arrays.copyOfRange(key.array(), key.offset(), key.offset() + key.length());
    }

    static Object travelledKey(Codecs codecs, Object key) {
        KeyBytes bytes = key(codecs, key);
        return codecs.decodeKey(bytes.tag(), MemorySegment.ofArray(bytes.array()), bytes.offset(),
                bytes.length());
    }
}
