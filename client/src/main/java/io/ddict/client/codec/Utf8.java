package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 by hand, because the JDK's own way does not say when it could not encode a text. */
final class Utf8 {
    // What a decoder puts in place of what it does not understand.
    private static final char REPLACEMENT = '\uFFFD';

    private static final long EIGHT_ONES = 0x0101_0101_0101_0101L;
    private static final long EIGHT_SIGNS = EIGHT_ONES << 7;
    private static final long EIGHT_QUESTION_MARKS = EIGHT_ONES * '?';

    private Utf8() {}

    /** All chars or-ed together: below 0x80 the text is ASCII, below 0x100 Latin-1. */
    static int union(String text) {
        int union = 0;
        for (int i = 0; i < text.length(); i++) {
            union |= text.charAt(i);
        }
        return union;
    }

    /**
     * Writes the text, and a zero behind it, if it is ASCII without question marks. The JDK copies
     * such a text in one go, and puts a question mark for every other char.
     *
     * @return whether it was such a text
     */
    static boolean writeAscii(String text, MemorySegment target, int offset) {
        target.setString(offset, text, StandardCharsets.US_ASCII);
        long end = (long) offset + text.length();
        long at = offset;
        long found = 0;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            // A byte becomes zero where it was the mark, and only a zero byte borrows from 0x80.
            long marks = target.get(LittleEndian.LONG, at) ^ EIGHT_QUESTION_MARKS;
            found |= marks - EIGHT_ONES & ~marks & EIGHT_SIGNS;
        }
        for (; at < end; at++) {
            found |= target.get(LittleEndian.BYTE, at) == '?' ? 1 : 0;
        }
        return found == 0;
    }

    /** Encoded length in bytes, or -1 if a surrogate has no partner. */
    static long length(char[] text) {
        long length = text.length;
        for (int i = 0; i < text.length; i++) {
            char c = text[i];
            if (c >= 0x80) {
                length++;
                if (c >= 0x800) {
                    length++;
                    if (Character.isSurrogate(c)) {
                        if (!pairAt(text, i)) {
                            return -1;
                        }
                        // Two chars, four bytes: one was counted for the partner that is skipped
                        // here.
                        i++;
                    }
                }
            }
        }
        return length;
    }

    /** Index of the first surrogate without a partner, or -1. */
    static int firstUnpaired(char[] text) {
        for (int i = 0; i < text.length; i++) {
            if (Character.isSurrogate(text[i])) {
                if (!pairAt(text, i)) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }

    private static boolean pairAt(char[] text, int index) {
        return Character.isHighSurrogate(text[index])
                && index + 1 < text.length
                && Character.isLowSurrogate(text[index + 1]);
    }

    /**
     * Writes text whose surrogates all have partners.
     *
     * @param target with room for its {@link #length} at {@code offset}
     */
    static void write(char[] text, byte[] target, int offset) {
        int at = offset;
        for (int i = 0; i < text.length; i++) {
            char c = text[i];
            if (c < 0x80) {
                target[at++] = (byte) c;
            } else if (c < 0x800) {
                target[at++] = (byte) (0xC0 | c >> 6);
                target[at++] = continuation(c);
            } else if (!Character.isSurrogate(c)) {
                target[at++] = (byte) (0xE0 | c >> 12);
                target[at++] = continuation(c >> 6);
                target[at++] = continuation(c);
            } else {
                int codePoint = Character.toCodePoint(c, text[++i]);
                target[at++] = (byte) (0xF0 | codePoint >> 18);
                target[at++] = continuation(codePoint >> 12);
                target[at++] = continuation(codePoint >> 6);
                target[at++] = continuation(codePoint);
            }
        }
    }

    private static byte continuation(int bits) {
        return (byte) (0x80 | bits & 0x3F);
    }

    /** The text of these bytes, which must be right to the last bit. */
    static String read(byte[] bytes, int offset, int length) {
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        // Only a text with this char can have been mended, so all others need no second look.
        if (text.indexOf(REPLACEMENT) >= 0) {
            requireWellFormed(bytes, offset, length);
        }
        return text;
    }

    private static void requireWellFormed(byte[] bytes, int offset, int length) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, offset, length));
        } catch (CharacterCodingException e) {
            throw new CodecException("encoded text is not UTF-8: length=" + length + "B", e);
        }
    }
}
