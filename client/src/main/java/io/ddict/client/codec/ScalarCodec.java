package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.UUID;

/*
 * Values of a fixed length. One class that branches on its tag, not one class or lambda for each
 * type: loading those would cost a client more at its start than everything else in this package.
 *
 *  tag              bytes
 *  LONG             8 two's complement; the form that getAndAdd works on
 *  INTEGER, SHORT   4, 2 two's complement
 *  BYTE             1
 *  BOOLEAN          1, zero is false
 *  CHARACTER        2 UTF-16 unit
 *  DOUBLE, FLOAT    8, 4 IEEE bits as they are
 *  UUID             8 most significant bits, 8 least
 *  INSTANT          8 epoch second, 4 nanosecond
 *  DURATION         8 second, 4 nanosecond
 *  LOCAL_DATE       8 epoch day
 *  LOCAL_TIME       8 nanosecond of day
 *  LOCAL_DATE_TIME  8 epoch day, 8 nanosecond of day
 */
final class ScalarCodec implements Codec<Object> {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final byte tag;
    private final int length;

    ScalarCodec(byte tag) {
        this.tag = tag;
        this.length = switch (tag) {
            case Tags.BYTE, Tags.BOOLEAN -> 1;
            case Tags.SHORT, Tags.CHARACTER -> 2;
            case Tags.INTEGER, Tags.FLOAT -> 4;
            case Tags.LONG, Tags.DOUBLE, Tags.LOCAL_DATE, Tags.LOCAL_TIME -> 8;
            case Tags.INSTANT, Tags.DURATION -> 12;
            case Tags.UUID, Tags.LOCAL_DATE_TIME -> 16;
            default -> throw new IllegalArgumentException("no scalar: tag=" + tag);
        };
    }

    @Override
    public byte tag() {
        return tag;
    }

    @Override
    public long prepare(Object value, Scratch scratch) {
        return length;
    }

    @Override
    public void write(Object value, Scratch scratch, MemorySegment target, long offset) {
        switch (tag) {
            case Tags.LONG -> target.set(LittleEndian.LONG, offset, (Long) value);
            case Tags.INTEGER -> target.set(LittleEndian.INT, offset, (Integer) value);
            case Tags.SHORT -> target.set(LittleEndian.SHORT, offset, (Short) value);
            case Tags.BYTE -> target.set(LittleEndian.BYTE, offset, (Byte) value);
            case Tags.BOOLEAN ->
                    target.set(LittleEndian.BYTE, offset, (byte) ((Boolean) value ? 1 : 0));
            case Tags.CHARACTER -> target.set(LittleEndian.CHAR, offset, (Character) value);
            case Tags.DOUBLE -> target.set(LittleEndian.DOUBLE, offset, (Double) value);
            case Tags.FLOAT -> target.set(LittleEndian.FLOAT, offset, (Float) value);
            default -> writeComposed(value, target, offset);
        }
    }

    @Override
    public Object read(MemorySegment source, long offset, long length) {
        LittleEndian.requireInside(source, offset, length);
        if (length != this.length) {
            throw new CodecException(
                    "encoded length wrong: tag=" + tag + ", length=" + length + "B, expected="
                            + this.length + "B");
        }
        return switch (tag) {
            case Tags.LONG -> source.get(LittleEndian.LONG, offset);
            case Tags.INTEGER -> source.get(LittleEndian.INT, offset);
            case Tags.SHORT -> source.get(LittleEndian.SHORT, offset);
            case Tags.BYTE -> source.get(LittleEndian.BYTE, offset);
            case Tags.BOOLEAN -> source.get(LittleEndian.BYTE, offset) != 0;
            case Tags.CHARACTER -> source.get(LittleEndian.CHAR, offset);
            case Tags.DOUBLE -> source.get(LittleEndian.DOUBLE, offset);
            case Tags.FLOAT -> source.get(LittleEndian.FLOAT, offset);
            default -> readComposed(source, offset);
        };
    }

    /** True where any bits are a value; times have bits that are none. */
    @Override
    public boolean rawCopy() {
        return tag <= Tags.UUID;
    }

    private void writeComposed(Object value, MemorySegment target, long offset) {
        switch (tag) {
            case Tags.UUID -> {
                UUID uuid = (UUID) value;
                writeTwo(target, offset, uuid.getMostSignificantBits(),
                        uuid.getLeastSignificantBits());
            }
            case Tags.INSTANT -> {
                Instant instant = (Instant) value;
                writeSeconds(target, offset, instant.getEpochSecond(), instant.getNano());
            }
            case Tags.DURATION -> {
                Duration duration = (Duration) value;
                writeSeconds(target, offset, duration.getSeconds(), duration.getNano());
            }
            case Tags.LOCAL_DATE ->
                    target.set(LittleEndian.LONG, offset, ((LocalDate) value).toEpochDay());
            case Tags.LOCAL_TIME ->
                    target.set(LittleEndian.LONG, offset, ((LocalTime) value).toNanoOfDay());
            default -> {
                LocalDateTime time = (LocalDateTime) value;
                writeTwo(target, offset, time.toLocalDate().toEpochDay(),
                        time.toLocalTime().toNanoOfDay());
            }
        }
    }

    private static void writeTwo(MemorySegment target, long offset, long first, long second) {
        target.set(LittleEndian.LONG, offset, first);
        target.set(LittleEndian.LONG, offset + Long.BYTES, second);
    }

    private static void writeSeconds(MemorySegment target, long offset, long seconds, int nanos) {
        target.set(LittleEndian.LONG, offset, seconds);
        target.set(LittleEndian.INT, offset + Long.BYTES, nanos);
    }

    private Object readComposed(MemorySegment source, long offset) {
        long first = source.get(LittleEndian.LONG, offset);
        try {
            return switch (tag) {
                case Tags.UUID ->
                        new UUID(first, source.get(LittleEndian.LONG, offset + Long.BYTES));
                case Tags.INSTANT ->
                        Instant.ofEpochSecond(first, readNanos(source, offset + Long.BYTES));
                case Tags.DURATION ->
                        Duration.ofSeconds(first, readNanos(source, offset + Long.BYTES));
                case Tags.LOCAL_DATE -> LocalDate.ofEpochDay(first);
                case Tags.LOCAL_TIME -> LocalTime.ofNanoOfDay(first);
                default -> LocalDateTime.of(
                        LocalDate.ofEpochDay(first),
                        LocalTime.ofNanoOfDay(source.get(LittleEndian.LONG, offset + Long.BYTES)));
            };
        } catch (DateTimeException e) {
            throw new CodecException("encoded time out of range: tag=" + tag, e);
        }
    }

    private static int readNanos(MemorySegment source, long offset) {
        int nanos = source.get(LittleEndian.INT, offset);
        if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw new CodecException("encoded nanosecond out of range: nanos=" + nanos);
        }
        return nanos;
    }
}
