package io.ddict.manager.tools;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/*
 * How keys and values of any type are printed. Strings are printed as they are; bytes as text if
 * that is what they are, else in hexadecimal; arrays by their elements; everything else by its
 * toString.
 */

/** Readable forms of keys and values. */
final class ValueText {
    private ValueText() {}

    /** The whole value in a readable form. */
    static String of(Object value) {
        byte[] bytes = bytesOf(value);
        return bytes == null ? ofOther(value) : ofBytes(bytes, true);
    }

    private static String ofOther(Object value) {
        return switch (value) {
            case int[] ints -> Arrays.toString(ints);
            case long[] longs -> Arrays.toString(longs);
            case double[] doubles -> Arrays.toString(doubles);
            case float[] floats -> Arrays.toString(floats);
            case short[] shorts -> Arrays.toString(shorts);
            case char[] chars -> Arrays.toString(chars);
            case boolean[] booleans -> Arrays.toString(booleans);
            case Object[] objects -> Arrays.deepToString(objects);
            default -> value.toString();
        };
    }

    /** A readable form on one line, cut after so many characters. */
    static String line(Object value, int lengthMax) {
        byte[] bytes = bytesOf(value);
        // Of long values only as much is made readable as is shown.
        boolean cut = bytes != null && bytes.length > lengthMax;
        String text = cut ? ofBytes(Arrays.copyOf(bytes, lengthMax + 1), false) : of(value);
        String line = text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
        return line.length() <= lengthMax && !cut
                ? line
                : line.substring(0, Math.min(lengthMax, line.length())) + "...";
    }

    /** The bytes of a value of bytes; else the readable form's, in UTF-8. */
    static byte[] raw(Object value) {
        byte[] bytes = bytesOf(value);
        return bytes == null ? of(value).getBytes(StandardCharsets.UTF_8) : bytes;
    }

    /** What Jackson prints well by itself, bytes in Base64; of other types the readable form. */
    static Object json(Object value) {
        byte[] bytes = bytesOf(value);
        if (bytes != null) {
            return bytes;
        }
        return value instanceof Number
                || value instanceof Boolean
                || value.getClass().isArray()
                        ? value
                        : value.toString();
    }

    /** Name of a value's type as in a program, such as {@code byte[]}. */
    static String typeName(Object value) {
        return switch (value) {
            case MemorySegment _ -> MemorySegment.class.getName();
            case ByteBuffer _ -> ByteBuffer.class.getName();
            default -> value.getClass().getTypeName();
        };
    }

    private static byte @Nullable [] bytesOf(Object value) {
        return switch (value) {
            case byte[] bytes -> bytes;
            case MemorySegment segment -> segment.toArray(ValueLayout.JAVA_BYTE);
            case ByteBuffer buffer -> {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.duplicate().get(bytes);
                yield bytes;
            }
            default -> null;
        };
    }

    private static String ofBytes(byte[] bytes, boolean complete) {
        String text = textOf(bytes, complete);
        return text == null ? "0x" + HexFormat.of().formatHex(bytes) : text;
    }

    /**
     * The text that UTF-8 bytes are, or null if they are none that can be shown. Bytes that are not
     * complete may end within a character.
     */
    private static @Nullable String textOf(byte[] bytes, boolean complete) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result =
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes), text, complete);
        boolean shown = !result.isError()
                && text.flip().chars().allMatch(ValueText::isShown);
        return shown ? text.toString() : null;
    }

    private static boolean isShown(int character) {
        return !Character.isISOControl(character)
                || character == '\n'
                || character == '\r'
                || character == '\t';
    }
}
