package io.ddict.client.codec;

import java.nio.charset.StandardCharsets;

/**
 * A class's name as it begins the bytes of an enum or record key: 2 bytes of length, then UTF-8.
 */
final class ClassName {
    private final byte[] bytes;

    ClassName(Class<?> type) {
        bytes = type.getName().getBytes(StandardCharsets.UTF_8);
    }

    void append(KeyBytes target) {
        int start = target.append(Short.BYTES + (long) bytes.length);
        target.segment().set(LittleEndian.SHORT, start, (short) bytes.length);
        System.arraycopy(bytes, 0, target.array(), start + Short.BYTES, bytes.length);
    }
}
