package io.ddict.client.codec;

import java.io.Serial;

/**
 * Bytes that are not what their tag says: cut short, damaged, written by a codec or for a class
 * that this process does not know. The text says which.
 */
public final class CodecException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * Says what is wrong with the bytes.
     *
     * @param message a fixed phrase, then {@code name=value} pairs
     */
    public CodecException(String message) {
        super(message);
    }

    /**
     * Says what is wrong with the bytes, and what showed it.
     *
     * @param message a fixed phrase, then {@code name=value} pairs
     * @param cause what was thrown while decoding
     */
    public CodecException(String message, Throwable cause) {
        super(message, cause);
    }
}
