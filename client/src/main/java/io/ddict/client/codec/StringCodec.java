package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/*
 * Text in the shortest of three forms, the form's number behind it:
 *
 *  offset  length  field
 *  0       n       text: Latin-1, UTF-8 or UTF-16
 *  n       1       form (0, 1, 2)
 *
 * The number stands behind because the JDK's one way to copy a string's own bytes straight into
 * memory, setString, puts a zero behind them: so Latin-1 is form 0, and is written by that single
 * call. UTF-16 is for text that is no longer that way than in UTF-8 (Chinese, Japanese, Korean),
 * and for surrogates without a partner, which UTF-8 cannot say. A string that Java holds as Latin-1
 * cannot be told from outside, so its chars are looked through once, a quarter of a nanosecond
 * each. Other text is encoded into the scratch.
 */
final class StringCodec implements Codec<String> {
    private static final byte LATIN1 = 0;
    private static final byte UTF8 = 1;
    private static final byte UTF16 = 2;

    @Override
    public byte tag() {
        return Tags.STRING;
    }

    @Override
    public long prepare(String value, Scratch scratch) {
        if (Utf8.union(value) < 0x100) {
            scratch.length(0);
            return value.length() + 1L;
        }
        // Both lengths fit an array: Java holds at most 2^30 chars that are not Latin-1.
        char[] chars = value.toCharArray();
        long utf8Length = Utf8.length(chars);
        long utf16Length = 2L * chars.length;
        if (utf8Length >= 0 && utf8Length < utf16Length) {
            Utf8.write(chars, reserve(scratch, utf8Length, UTF8), 0);
        } else {
            MemorySegment target = MemorySegment.ofArray(reserve(scratch, utf16Length, UTF16));
            MemorySegment.copy(chars, 0, target, LittleEndian.CHAR, 0, chars.length);
        }
        return scratch.length();
    }

    private static byte[] reserve(Scratch scratch, long length, byte form) {
        byte[] bytes = scratch.ensure((int) length + 1);
        bytes[(int) length] = form;
        scratch.length((int) length + 1);
        return bytes;
    }

    @Override
    public void write(String value, Scratch scratch, MemorySegment target, long offset) {
        if (scratch.length() == 0) {
            target.setString(offset, value, StandardCharsets.ISO_8859_1);
        } else {
            MemorySegment.copy(scratch.array(), 0, target, LittleEndian.BYTE, offset,
                    scratch.length());
        }
    }

    @Override
    public String read(MemorySegment source, long offset, long length) {
        LittleEndian.requireInside(source, offset, length);
        if (length == 0) {
            throw new CodecException("encoded text cut short: length=0B");
        }
        byte form = source.get(LittleEndian.BYTE, offset + length - 1);
        return switch (form) {
            case LATIN1, UTF8 -> readBytes(source, offset, length - 1, form);
            case UTF16 -> readChars(source, offset, length - 1);
            default -> throw new CodecException("encoded text has unknown form: form=" + form);
        };
    }

    private static String readBytes(MemorySegment source, long offset, long length, byte form) {
        byte[] bytes;
        int start;
        if (source.heapBase().orElse(null) instanceof byte[] array) {
            bytes = array;
            start = Math.toIntExact(source.address() + offset);
            LittleEndian.requireElements(source, offset, length, 1);
        } else {
            bytes = LittleEndian.copy(source, offset, length);
            start = 0;
        }
        return form == LATIN1
                ? new String(bytes, start, (int) length, StandardCharsets.ISO_8859_1)
                : Utf8.read(bytes, start, (int) length);
    }

    private static String readChars(MemorySegment source, long offset, long length) {
        char[] chars =
                new char[LittleEndian.requireElements(source, offset, length, Character.BYTES)];
        MemorySegment.copy(source, LittleEndian.CHAR, offset, chars, 0, chars.length);
        return new String(chars);
    }
}
