package io.ddict.client;

import org.jspecify.annotations.Nullable;

/**
 * How the value of a key is stored, at about the time of the call.
 *
 * @param key the key, or null if this process cannot read it, as its class is not registered
 * @param value the value, or null if it was not asked for or cannot be read
 * @param type name of the value's type, such as {@code byte[]}; see {@link
 *     io.ddict.client.codec.Codecs#typeName}
 * @param tag tag of the value's codec
 * @param valueLength bytes of the value as it is stored
 * @param version version of the key, which compareAndSet takes
 * @param ordinal number of the entry within its manager
 * @param offset where the record lies, in bytes from the start of the manager's data file
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public record StoredEntry<K, V>(
        @Nullable K key,
        @Nullable V value,
        String type,
        byte tag,
        long valueLength,
        long version,
        int ordinal,
        long offset) {}
