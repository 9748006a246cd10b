package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;

/**
 * Turns values of one family into bytes and back. Stateless, so any thread may use it at any time;
 * what must be remembered between {@link #prepare} and {@link #write} goes into the caller's
 * scratch.
 *
 * <p>A user's codec is given to {@link Codecs.Builder#add}. It must read what it has ever written:
 * to change its form, take a new tag.
 *
 * @param <T> what it encodes
 */
public interface Codec<T> {
    /**
     * Names this codec beside the bytes it wrote: 1 to 63 are built in, 64 to 127 are the user's.
     */
    byte tag();

    /**
     * Finds out how many bytes the value takes, and may leave them, or notes for {@code write}, in
     * the scratch. Never blocks.
     *
     * @param scratch this thread's; what it held before is lost
     * @return encoded length in bytes, at least 0
     * @throws IllegalArgumentException if the value cannot be encoded; says what to do
     */
    long prepare(T value, Scratch scratch);

    /**
     * Writes exactly the prepared length. May be called again with the same scratch, to write the
     * same bytes elsewhere.
     *
     * @param scratch as {@link #prepare} of this very value left it
     * @param target with room for the prepared length at {@code offset}; any alignment
     * @param offset in bytes from the start of {@code target}
     */
    void write(T value, Scratch scratch, MemorySegment target, long offset);

    /**
     * Makes the value from its bytes, which must not change meanwhile unless {@link #rawCopy()}.
     * Keeps nothing of {@code source}.
     *
     * @param source on the heap or not, perhaps read-only; any alignment
     * @param offset in bytes from the start of {@code source}
     * @param length of the encoded value in bytes
     * @throws CodecException if these bytes are no such value, or do not lie inside {@code source}
     */
    T read(MemorySegment source, long offset, long length);

    /**
     * Whether {@link #read} merely copies, and so is safe on bytes that are overwritten meanwhile:
     * it then returns some value, to be thrown away by a caller who finds afterwards that they
     * changed.
     */
    default boolean rawCopy() {
        return false;
    }
}
