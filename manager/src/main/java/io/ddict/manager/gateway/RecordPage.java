package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.RecordCursor;
import io.ddict.store.pool.KeyHash;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Collects records of an iteration, for one reply. One thread. */
final class RecordPage {
    private static final int LENGTH = 192 << 10;
    // Longer values are asked for by their key.
    private static final int VALUE_MAX = 64 << 10;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(LENGTH / 8);
    private final DataOutputStream out = new DataOutputStream(bytes);
    private final CopiedValue.Reader keys = new CopiedValue.Reader();
    private final CopiedValue.Reader values = new CopiedValue.Reader(VALUE_MAX);
    private final KeyHash hash;
    private final boolean withValues;

    RecordPage(long hashSeed, boolean withValues) {
        this.hash = new KeyHash(hashSeed);
        this.withValues = withValues;
    }

    /** Whether it takes one more. */
    boolean hasRoom() {
        return out.size() < LENGTH;
    }

    ByteBuf bytes() {
        return Unpooled.wrappedBuffer(bytes.toByteArray());
    }

    /** Adds the next record; false at the end. */
    boolean next(RecordCursor cursor) {
        if (!cursor.next(keys, withValues ? values : null)) {
            return false;
        }
        boolean hasValue = withValues && cursor.found().valueLength <= VALUE_MAX;
        if (!(cursor.key() instanceof CopiedValue key)) {
            throw new IllegalStateException("record has no key");
        }
        byte[] keyBytes = key.bytes();
        try {
            out.writeByte(key.tag());
            out.writeInt(keyBytes.length);
            out.writeLong(hash.of(keyBytes, 0, keyBytes.length, key.tag()));
            out.writeBoolean(hasValue);
            ShardCall.writeFound(out, cursor.found());
            out.write(keyBytes);
            if (hasValue && cursor.value() instanceof CopiedValue value) {
                out.write(value.bytes());
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
