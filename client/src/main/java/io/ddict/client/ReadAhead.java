package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.store.pool.Preload;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keys of one manager, held back until there are enough of them for their reads to overlap. */
final class ReadAhead<K> {
    private final ShardChannel channel;
    private final @Nullable Object[] keys = new @Nullable Object[Preload.KEYS];
    private final long[] hashes = new long[Preload.KEYS];
    private int count;

    ReadAhead(ShardChannel channel) {
        this.channel = channel;
    }

    /** Adds a key; whether there are enough now, so that they must be read. */
    boolean add(K key, long hash) {
        keys[count] = key;
        hashes[count++] = hash;
        return count == Preload.KEYS;
    }

    /** Reads all keys that were added. */
    @SuppressWarnings("unchecked") // Nothing but keys was added.
    void read(CallContext call, Consumer<? super K> reader) {
        channel.preload(call, hashes, count);
        for (int i = 0; i < count; i++) {
            reader.accept((K) keys[i]);
        }
        count = 0;
    }
}
