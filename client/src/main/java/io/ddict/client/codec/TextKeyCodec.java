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

    // The deprecated getBytes drops the upper bytes, which are zero here; nothing else copies so fast.
    @SuppressWarnings("deprecation")
    static void append(String text, KeyBytes target) {
        KeyBytes.requireLength(text.length());
        if (Utf8.union(text, target.valueScratch().chunk()) < 0x80) {
            int start = target.append(text.length());
            text.getBytes(0, text.length(), target.array(), start);
            return;
        }
        char[] chars = text.toCharArray();
        long length = Utf8.length(chars);
        if (length < 0) {
            throw new IllegalArgumentException(
                    "key text has a surrogate without partner, so it has no UTF-8: index="
                            + Utf8.firstUnpaired(chars) + ", length=" + text.length());
        }
        int start = target.append(length);
        Utf8.write(chars, target.array(), start);
    }
}
