package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/** Turns keys of one family into canonical bytes, and back. */
interface KeyCodec {
    /** Names this form; part of the key. */
    byte tag();

    /** Appends the key's bytes. */
    void encode(Object key, KeyBytes target);

    /**
     * Makes the key from its bytes.
     *
     * @param depth how many lists and records lie around it
     */
    Object decode(MemorySegment source, long offset, int length, int depth);
}
