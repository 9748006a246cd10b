package io.ddict.jcache;

import javax.cache.Cache;

/** A key and its value, as an iterator or a writer gets them. */
record CacheEntry<K, V>(K key, V value) implements Cache.Entry<K, V> {
    @Override
    public K getKey() {
        return key;
    }

    @Override
    public V getValue() {
        return value;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.unwrap(type, this);
    }
}
