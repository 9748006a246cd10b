package io.ddict.jcache;

import java.util.Iterator;
import java.util.NoSuchElementException;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/** Goes through the entries that have not expired when it comes to them. One thread. */
final class CacheIterator<K, V> implements Iterator<Cache.Entry<K, V>> {
    private final DDictCache<K, V> cache;
    private final Iterator<byte[]> keys;
    private @Nullable CacheEntry<K, V> next;
    private @Nullable CacheEntry<K, V> last;

    CacheIterator(DDictCache<K, V> cache, Iterator<byte[]> keys) {
        this.cache = cache;
        this.keys = keys;
    }

    @Override
    public boolean hasNext() {
        while (next == null && keys.hasNext()) {
            next = cache.lookAt(keys.next());
        }
        return next != null;
    }

    @Override
    public Cache.Entry<K, V> next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException("no more entries");
        }
        last = next;
        next = null;
        return last;
    }

    @Override
    public void remove() {
        if (last == null) {
            throw new IllegalStateException("there is no entry to remove before next()");
        }
        cache.remove(last.key());
        last = null;
    }
}
