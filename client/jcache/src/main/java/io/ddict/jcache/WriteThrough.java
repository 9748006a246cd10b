package io.ddict.jcache;

import java.util.Collection;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/**
 * Tells the user's writer of changes before they are made, if there is one. What it throws comes
 * out as a {@link CacheWriterException}.
 */
final class WriteThrough<K, V> {
    private final @Nullable CacheWriter<K, V> writer;

    /**
     * @param writer null if the cache does not write through
     */
    WriteThrough(@Nullable CacheWriter<K, V> writer) {
        this.writer = writer;
    }

    boolean isActive() {
        return writer != null;
    }

    void write(K key, V value) {
        tell(known -> known.write(new CacheEntry<>(key, value)));
    }

    void delete(K key) {
        tell(known -> known.delete(key));
    }

    /** What the writer does not write it leaves in the collection. */
    void writeAll(Collection<Cache.Entry<? extends K, ? extends V>> entries) {
        tell(known -> known.writeAll(entries));
    }

    /** What the writer does not delete it leaves in the collection. */
    void deleteAll(Collection<?> keys) {
        tell(known -> known.deleteAll(keys));
    }

    private void tell(Telling<K, V> telling) {
        if (writer != null) {
            try {
                telling.tell(writer);
            } catch (CacheWriterException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new CacheWriterException("writer failed: " + e, e);
            }
        }
    }

    @FunctionalInterface
    private interface Telling<K, V> {
        void tell(CacheWriter<K, V> writer);
    }
}
