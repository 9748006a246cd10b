package io.ddict.client;

import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.channel.ShardChannel.ValueReader;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Goes through the shards one after the other, one record at a time. One thread. */
final class RecordIterator<T> implements Iterator<T> {
    private final ShardChannel[] channels;
    private final OpenDictionary open;
    private final long timeoutNs;
    private final @Nullable ValueReader keys;
    private final @Nullable ValueReader values;
    private final Function<ShardCursor, T> decoded;
    private @Nullable ShardCursor cursor;
    private int nextChannel;
    private @Nullable T next;

    RecordIterator(
            OpenDictionary open,
            ShardChannel[] channels,
            long timeoutNs,
            @Nullable ValueReader keys,
            @Nullable ValueReader values,
            Function<ShardCursor, T> decoded) {
        this.open = open;
        this.channels = channels;
        this.timeoutNs = timeoutNs;
        this.keys = keys;
        this.values = values;
        this.decoded = decoded;
    }

    @Override
    public boolean hasNext() {
        while (next == null) {
            // The channel outlives a handle of one manager.
            open.checkOpen();
            ShardCursor current = cursor;
            if (current != null && current.next(keys, values)) {
                next = decoded.apply(current);
            } else if (nextChannel == channels.length) {
                return false;
            } else {
                cursor = channels[nextChannel++].cursor(open.start(timeoutNs));
            }
        }
        return true;
    }

    @Override
    public T next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException("no more records");
        }
        T taken = next;
        next = null;
        return taken;
    }
}
