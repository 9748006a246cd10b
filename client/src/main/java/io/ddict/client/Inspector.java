package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.ShardChannel.ShardCursor;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.CodecException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks at how the entries of a dictionary are stored, for tools. It reads as the dictionary does, in
 * place, and may be used while others write. Safe from any thread.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class Inspector<K, V> {
    private final OpenDictionary open;
    private final long timeoutNs;

    Inspector(OpenDictionary open, long timeoutNs) {
        this.open = open;
        this.timeoutNs = timeoutNs;
    }

    /** Number of the manager that has the key, or would have it. */
    public int manager(K key) {
        return open.channel(start(key)).manager();
    }

    /** Hash of the key, which chooses its manager. */
    public long keyHash(K key) {
        return start(key).hash();
    }

    /**
     * How what a checkpoint sees of a key is stored; never waits for a key that is not there yet.
     *
     * @return null if the key is absent
     * @throws CheckpointRetiredException if the key's manager does not hold the checkpoint any more
     */
    public @Nullable StoredEntry<K, V> find(K key, long checkpoint) {
        CallContext call = start(key);
        call.checkpoint(checkpoint);
        return open.channel(call).contains(call) ? entry(key, null, call.found()) : null;
    }

    /**
     * Every entry that the handle's checkpoint sees, once and in no order, as {@link DDict#entries}
     * does. What this process cannot read is null, and ends nothing.
     *
     * @param withValues whether values are read
     */
    public Iterable<StoredEntry<K, V>> entries(boolean withValues) {
        ValueReader keys = new Lenient(open.keys());
        ValueReader values = withValues ? new Lenient(open.values()) : null;
        return () -> new RecordIterator<>(
                open, open.channels(), timeoutNs, keys, values, this::entry);
    }

    private StoredEntry<K, V> entry(ShardCursor cursor) {
        return entry(this.<K>cast(cursor.key()), this.<V>cast(cursor.value()), cursor.found());
    }

    private StoredEntry<K, V> entry(@Nullable K key, @Nullable V value, FoundRecord found) {
        return new StoredEntry<>(
                key,
                value,
                open.codecs().typeName(found.valueTag),
                found.valueTag,
                found.valueLength,
                found.version,
                found.ordinal,
                found.offset);
    }

    private CallContext start(K key) {
        return open.start(Objects.requireNonNull(key, "key is null"), timeoutNs);
    }

    // As in the dictionary itself: that it fits K and V is the user's contract.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private <T> @Nullable T cast(@Nullable Object decoded) {
        return decoded instanceof Unreadable ? null : (T) decoded;
    }

    /** Stands for what cannot be read. */
    private record Unreadable() {}

    /** Reads what it can, and marks what it cannot. */
    private record Lenient(ValueReader reader) implements ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return false;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            try {
                return reader.read(tag, source, offset, length);
            } catch (CodecException e) {
                return new Unreadable();
            }
        }
    }
}
