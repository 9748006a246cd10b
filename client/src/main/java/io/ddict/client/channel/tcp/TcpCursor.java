package io.ddict.client.channel.tcp;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.protocol.ShardFrame;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/*
 * The gateway keeps nothing of an iteration: each page is asked for by where the last one ended. A long
 * value is not in its page; it is asked for by its key, and a record whose key has gone by then is left
 * out, as one that went a moment earlier.
 */

/** An iteration over a shard on another machine, page by page. One thread at a time. */
final class TcpCursor implements ShardCursor {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

    private final TcpChannel channel;
    private final CallContext call = new CallContext();
    private final long createdBefore;
    private final int end;
    private final long timeoutNs;
    private long ordinal = 1;
    private byte[] page = new byte[0];
    private DataInputStream rest = new DataInputStream(new ByteArrayInputStream(page));
    private int left;
    private @Nullable Object key;
    private @Nullable Object value;

    TcpCursor(
            TcpChannel channel, long checkpoint, long createdBefore, int end, long timeoutNs) {
        this.channel = channel;
        this.call.checkpoint(checkpoint);
        this.createdBefore = createdBefore;
        this.end = end;
        this.timeoutNs = timeoutNs;
    }

    @Override
    public boolean next(@Nullable ValueReader keys, @Nullable ValueReader values) {
        try {
            while (left > 0 || ordinal < end) {
                if (left == 0) {
                    fetch(values != null);
                } else if (read(keys, values)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void fetch(boolean withValues) {
        call.begin();
        call.deadline().start(timeoutNs);
        MemorySegment from = MemorySegment.ofArray(new byte[3 * Long.BYTES]);
        from.set(LONG, 0, createdBefore);
        from.set(LONG, Long.BYTES, end);
        from.set(LONG, 2 * Long.BYTES, ordinal);
        byte flags = withValues ? ShardFrame.VALUES : 0;
        RemoteCall reply = channel.call(call, ShardFrame.CURSOR_NEXT, flags, 0, from);
        try {
            ordinal = reply.first();
            left = (int) reply.second();
            page = new byte[reply.replyLength()];
            MemorySegment.copy(
                    reply.reply(), ValueLayout.JAVA_BYTE, 0, page, 0, page.length);
            rest = new DataInputStream(new ByteArrayInputStream(page));
        } finally {
            channel.end(reply);
        }
    }

    // False if the record has gone meanwhile.
    private boolean read(@Nullable ValueReader keys, @Nullable ValueReader values)
            throws IOException {
        left--;
        byte keyTag = rest.readByte();
        int keyLength = rest.readInt();
        long hash = rest.readLong();
        boolean hasValue = rest.readBoolean();
        TcpChannel.readFound(rest, call.found());
        byte[] keyBytes = rest.readNBytes(keyLength);
        byte[] valueBytes = rest.readNBytes(hasValue ? (int) call.found().valueLength : 0);
        key = keys == null
                ? null
                : keys.read(keyTag, MemorySegment.ofArray(keyBytes), 0, keyLength);
        if (values == null) {
            value = null;
            return true;
        }
        value = hasValue
                ? values.read(
                        call.found().valueTag, MemorySegment.ofArray(valueBytes), 0,
                        valueBytes.length)
                : fetch(keyTag, keyBytes, hash, values);
        return value != null;
    }

    private @Nullable Object fetch(
            byte keyTag, byte[] keyBytes, long hash, ValueReader values) {
        CallContext single = new CallContext();
        single.begin();
        single.deadline().start(timeoutNs);
        single.checkpoint(call.checkpoint());
        single.key().wrap(keyTag, keyBytes, 0, keyBytes.length);
        single.hash(hash);
        return channel.getNow(single, values);
    }

    @Override
    public FoundRecord found() {
        return call.found();
    }

    @Override
    public @Nullable Object key() {
        return key;
    }

    @Override
    public @Nullable Object value() {
        return value;
    }
}
