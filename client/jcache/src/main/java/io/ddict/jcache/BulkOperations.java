package io.ddict.jcache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/*
 * The writer is told of all keys at once, and leaves in the collection those that it did not do;
 * these are not changed in the cache either. Each entry is changed for itself: there is no moment
 * at which all are.
 */

/** Operations on many entries. Safe from any thread. */
final class BulkOperations<K, V> {
    private final Entries<K, V> entries;
    private final WriteThrough<K, V> writeThrough;
    private final CacheStatistics statistics;

    BulkOperations(
            Entries<K, V> entries, WriteThrough<K, V> writeThrough, CacheStatistics statistics) {
        this.entries = entries;
        this.writeThrough = writeThrough;
        this.statistics = statistics;
    }

    void putAll(Map<? extends K, ? extends V> given) {
        long start = statistics.start();
        List<Cache.Entry<? extends K, ? extends V>> unwritten = new ArrayList<>();
        if (writeThrough.isActive()) {
            given.forEach((key, value) -> unwritten.add(new CacheEntry<>(key, value)));
        }
        CacheWriterException failure = failureOf(() -> writeThrough.writeAll(unwritten));
        Set<Object> refused = new HashSet<>();
        unwritten.forEach(entry -> refused.add(entry.getKey()));
        long count = 0;
        for (Map.Entry<? extends K, ? extends V> entry : given.entrySet()) {
            if (!refused.contains(entry.getKey())
                    && entries.put(entry.getKey(), entry.getValue(), false)) {
                count++;
            }
        }
        statistics.put(count, start);
        if (failure != null) {
            throw failure;
        }
    }

    /** Stores what was loaded, which is not counted; what is null was not found. */
    void store(Map<? extends K, ? extends V> loaded, boolean replaces) {
        loaded.forEach((key, value) -> {
            if (value != null) {
                entries.update(key, found -> replaces || !found.isPresent()
                        ? Change.load(value)
                        : Change.keep());
            }
        });
    }

    void removeAll(Set<? extends K> keys) {
        long start = statistics.start();
        Set<K> undeleted = new HashSet<>();
        if (writeThrough.isActive()) {
            undeleted.addAll(keys);
        }
        CacheWriterException failure = undeleted.isEmpty()
                ? null
                : failureOf(() -> writeThrough.deleteAll(undeleted));
        long count = 0;
        for (K key : keys) {
            if (!undeleted.contains(key) && remove(key)) {
                count++;
            }
        }
        statistics.removed(count, start);
        if (failure != null) {
            throw failure;
        }
    }

    void removeAll() {
        if (writeThrough.isActive()) {
            Set<K> all = new HashSet<>();
            entries.keys().forEachRemaining(key -> all.add(entries.decodeKey(key)));
            removeAll(all);
            return;
        }
        long start = statistics.start();
        long count = 0;
        for (Iterator<byte[]> keys = entries.keys(); keys.hasNext();) {
            if (remove(entries.decodeKey(keys.next()))) {
                count++;
            }
        }
        statistics.removed(count, start);
    }

    private boolean remove(K key) {
        return entries.updateWritten(key, found -> Change.remove()).changed();
    }

    private static @Nullable CacheWriterException failureOf(Runnable writing) {
        try {
            writing.run();
            return null;
        } catch (CacheWriterException e) {
            return e;
        }
    }

    /**
     * Refuses keys that are null, or a collection that is.
     *
     * @throws NullPointerException saying which
     */
    static void requireKeys(@Nullable Collection<?> keys) {
        if (keys == null) {
            throw new NullPointerException("keys is null");
        }
        for (Object key : keys) {
            if (key == null) {
                throw new NullPointerException("one of the keys is null");
            }
        }
    }
}
