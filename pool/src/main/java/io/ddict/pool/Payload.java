package io.ddict.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/*
 * Most lists that are mapped over, and most that come of it, are of numbers of one type: those are written
 * one after the other. All else is left to Java serialization.
 */

/** Arguments and results of tasks as bytes. */
final class Payload {
    private static final byte OBJECTS = 0;
    private static final byte INTS = 1;
    private static final byte LONGS = 2;
    private static final byte DOUBLES = 3;
    private static final Map<Class<?>, Byte> FORMS =
            Map.of(Integer.class, INTS, Long.class, LONGS, Double.class, DOUBLES);

    private Payload() {}

    /** Encodes a list; what cannot be serialized is named by the exception. */
    static byte[] encode(List<?> values) throws IOException {
        byte form = form(values);
        if (form == OBJECTS) {
            return objects(values);
        }
        int elementLength = form == INTS ? Integer.BYTES : Long.BYTES;
        byte[] encoded = new byte[1 + values.size() * elementLength];
        ByteBuffer bytes = ByteBuffer.wrap(encoded).put(form);
        for (Object each : values) {
            switch (form) {
                case INTS -> bytes.putInt((Integer) each);
                case LONGS -> bytes.putLong((Long) each);
                default -> bytes.putDouble((Double) each);
            }
        }
        return encoded;
    }

    private static byte form(List<?> values) {
        Object first = values.isEmpty() ? null : values.getFirst();
        if (first == null) {
            return OBJECTS;
        }
        for (Object each : values) {
            if (each == null || each.getClass() != first.getClass()) {
                return OBJECTS;
            }
        }
        return FORMS.getOrDefault(first.getClass(), OBJECTS);
    }

    private static byte[] objects(List<?> values) throws IOException {
        byte[] serialized = Report.serialized(values.toArray());
        return ByteBuffer.allocate(1 + serialized.length)
                .put(OBJECTS)
                .put(serialized)
                .array();
    }

    /** Decodes a list. */
    static List<@Nullable Object> decode(ByteBuffer bytes)
            throws IOException, ClassNotFoundException {
        byte form = bytes.get();
        if (form == OBJECTS) {
            Object decoded = Objects.requireNonNull(Report.deserialized(rest(bytes), 0));
            return Arrays.asList((@Nullable Object[]) decoded);
        }
        List<@Nullable Object> values = new ArrayList<>();
        while (bytes.hasRemaining()) {
            switch (form) {
                case INTS -> values.add(bytes.getInt());
                case LONGS -> values.add(bytes.getLong());
                default -> values.add(bytes.getDouble());
            }
        }
        return values;
    }

    /** What follows, as an array. */
    static byte[] rest(ByteBuffer bytes) {
        byte[] rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return rest;
    }
}
