package io.ddict.client.codec;

import io.ddict.store.pool.RecordLayout;
import java.lang.foreign.MemorySegment;

/** Writes values of another codec with the time at which they end. */
public final class ExpiringCodec<T> implements Codec<T> {
    private final Codec<T> codec;
    private final long expiresMs;

    /**
     * Makes one for values that end at the same time.
     *
     * @param expiresMs in milliseconds since 1970
     */
    public ExpiringCodec(Codec<T> codec, long expiresMs) {
        this.codec = codec;
        this.expiresMs = expiresMs;
    }

    @Override
    public byte tag() {
        return RecordLayout.TAG_EXPIRING;
    }

    @Override
    public long prepare(T value, Scratch scratch) {
        return RecordLayout.EXPIRY_LENGTH + codec.prepare(value, scratch);
    }

    @Override
    public void write(T value, Scratch scratch, MemorySegment target, long offset) {
        RecordLayout.writeExpiry(target, offset, expiresMs, codec.tag());
        codec.write(value, scratch, target, offset + RecordLayout.EXPIRY_LENGTH);
    }

    @Override
    public T read(MemorySegment source, long offset, long length) {
        throw new UnsupportedOperationException("readers see the value without its time");
    }
}
