package io.ddict.jcache;

import io.ddict.client.AttachOptions;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.CodecException;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/*
 * What codecs serve goes by them, all else by Java serialization. Which of the two it is depends on
 * the class and on the codecs alone, never on a cache's configuration: processes whose codecs are
 * alike make the same bytes of a key.
 *
 * Collections go by codecs only if the user brought some. The codec of objects is slow to load, and
 * JDK 25 warns of it; and with the built-in codecs alone it could serve no class of the user's that
 * is in a collection.
 *
 * A key stands as
 *
 *  offset  length  field
 *  0       1       form: the tag of its canonical bytes, or StoredValue.SERIALIZED
 *  1       n       bytes
 */

/** Keys and values as bytes. Safe from any thread. */
final class Encoding {
    private static final ThreadLocal<KeyBytes> KEYS = ThreadLocal.withInitial(KeyBytes::new);
    private static final ThreadLocal<Scratch> SCRATCHES = ThreadLocal.withInitial(Scratch::new);

    private final Codecs codecs;
    private final boolean usesObjects;
    private final JavaSerialization serialization;
    // Asking the codecs for a class that they do not serve costs an exception.
    private final Map<Class<?>, Boolean> served = new ConcurrentHashMap<>();

    /**
     * @param own the user's codecs; null if there are none
     * @param loader knows the user's classes
     */
    Encoding(@Nullable Codecs own, ClassLoader loader) {
        this.codecs = own == null ? AttachOptions.DEFAULTS.codecs() : own;
        this.usesObjects = own != null;
        this.serialization = new JavaSerialization(loader);
    }

    /**
     * A key's bytes.
     *
     * @throws CacheException if no codec serves its class, and it is not serializable
     * @throws IllegalArgumentException if it is too long, or holds what has no canonical bytes
     */
    byte[] encodeKey(Object key) {
        if (codecs.serveKeys(key.getClass())) {
            KeyBytes bytes = KEYS.get();
            codecs.encodeKey(key, bytes);
            return withForm(bytes.tag(), bytes.array(), bytes.offset(), bytes.length());
        }
        byte[] serialized = serialization.writeKey(key);
        return withForm(StoredValue.SERIALIZED, serialized, 0, serialized.length);
    }

    private static byte[] withForm(byte form, byte[] bytes, int offset, int length) {
        byte[] key = new byte[1 + length];
        key[0] = form;
        System.arraycopy(bytes, offset, key, 1, length);
        return key;
    }

    /**
     * The key that has these bytes.
     *
     * @throws CacheException if this process has no codec or class for it
     */
    Object decodeKey(byte[] bytes) {
        if (bytes[0] == StoredValue.SERIALIZED) {
            return serialization.read(bytes, 1, bytes.length - 1);
        }
        try {
            return codecs.decodeKey(bytes[0], MemorySegment.ofArray(bytes), 1, bytes.length - 1);
        } catch (CodecException e) {
            throw otherCodecs(e);
        }
    }

    /**
     * A value as it is stored, without an expiry.
     *
     * @throws CacheException if neither codecs nor Java serialization can write it
     */
    StoredValue encode(Object value) {
        boolean isServed =
                served.computeIfAbsent(value.getClass(), type -> isServed(type, value));
        return isServed ? encode(codecs.forValue(value), value) : serialized(value);
    }

    private boolean isServed(Class<?> type, Object value) {
        if (!usesObjects) {
            return codecs.serveKeys(type) && !(value instanceof List);
        }
        try {
            Codec<?> _ = codecs.forValue(value);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private StoredValue encode(Codec<Object> codec, Object value) {
        Scratch scratch = SCRATCHES.get();
        long length;
        try {
            length = codec.prepare(value, scratch);
        } catch (IllegalArgumentException e) {
            // A collection of what no codec serves.
            return serialized(value);
        }
        if (length > Integer.MAX_VALUE - StoredValue.VALUE_OFFSET) {
            throw new CacheException("value too long for a cache: valueLength=" + length + "B");
        }
        StoredValue stored = StoredValue.ofForm(codec.tag(), (int) length);
        codec.write(
                value, scratch, MemorySegment.ofArray(stored.bytes()), StoredValue.VALUE_OFFSET);
        scratch.trim();
        return stored;
    }

    private StoredValue serialized(Object value) {
        byte[] serialized = serialization.write(value);
        StoredValue stored = StoredValue.ofForm(StoredValue.SERIALIZED, serialized.length);
        System.arraycopy(
                serialized, 0, stored.bytes(), StoredValue.VALUE_OFFSET, serialized.length);
        return stored;
    }

    /**
     * The value that was stored.
     *
     * @throws CacheException if this process has no codec or class for it
     */
    Object decode(StoredValue stored) {
        if (stored.form() == StoredValue.SERIALIZED) {
            return serialization.read(
                    stored.bytes(), StoredValue.VALUE_OFFSET, stored.valueLength());
        }
        try {
            return codecs.byTag(stored.form()).read(
                    MemorySegment.ofArray(stored.bytes()), StoredValue.VALUE_OFFSET,
                    stored.valueLength());
        } catch (CodecException e) {
            throw otherCodecs(e);
        }
    }

    private static CacheException otherCodecs(CodecException e) {
        return new CacheException(
                "cannot be read, the process that put it has other codecs: " + e.getMessage(), e);
    }
}
