package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/** {@code String} keys: UTF-8. */
final class TextKeyCodec implements KeyCodec {
    @Override
    public byte tag() {
        return Tags.STRING;
    }

    @Override
    public void encode(Object key, KeyBytes target) {
        append((String) key, target);
    }

    @Override
    public Object decode(MemorySegment source, long offset, int length, int depth) {
        return Utf8.read(LittleEndian.copy(source, offset, length), 0, length);
    }

    static void append(String text, KeyBytes target) {
        KeyBytes.requireLength(text.length());
        int start = target.append(text.length());
        if (!Utf8.writeAscii(text, target.segment(), start)) {
            appendOther(text, start, target);
        }
    }

    private static void appendOther(String text, int start, KeyBytes target) {
        char[] chars = text.toCharArray();
        long length = Utf8.length(chars);
        if (length < 0) {
            throw new IllegalArgumentException(
                    "key text has a surrogate without partner, so it has no UTF-8: index="
                            + Utf8.firstUnpaired(chars) + ", length=" + chars.length);
        }
        target.append(length - chars.length);
        Utf8.write(chars, target.array(), start);
    }
}
