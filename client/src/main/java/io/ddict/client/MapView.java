package io.ddict.client;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/*
 * What the dictionary has no call for is done by its conditional ones, again until they succeed, so
 * every method on one key is atomic. Those that java.util.concurrent makes of these (compute, merge,
 * computeIfAbsent) are too, but may call their function several times.
 *
 * What cannot be encoded cannot be in the dictionary: asking for it finds nothing, as in any map, while
 * putting it is refused.
 */

/** A dictionary seen as a map. Safe from any thread. */
final class MapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {
    private final DDict<K, V> dict;

    MapView(DDict<K, V> dict) {
        this.dict = dict;
    }

    @Override
    public @Nullable V get(Object key) {
        try {
            return dict.get(cast(key));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    @Override
    public V getOrDefault(Object key, V defaultValue) {
        V value = get(key);
        return value != null ? value : defaultValue;
    }

    @Override
    public boolean containsKey(Object key) {
        try {
            return dict.containsKey(cast(key));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public @Nullable V put(K key, V value) {
        while (true) {
            V replaced = dict.replace(key, value);
            if (replaced != null || dict.putIfAbsent(key, value) == null) {
                return replaced;
            }
        }
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> entries) {
        dict.putAll(entries);
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        return dict.putIfAbsent(key, value);
    }

    @Override
    public @Nullable V remove(Object key) {
        try {
            return dict.remove(cast(key));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    @Override
    public boolean remove(Object key, @Nullable Object value) {
        try {
            return value != null && dict.remove(cast(key), cast(value));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public @Nullable V replace(K key, V value) {
        return dict.replace(key, value);
    }

    @Override
    public boolean replace(K key, V expected, V value) {
        return dict.replace(key, expected, value);
    }

    @Override
    public int size() {
        return (int) Math.min(dict.size(), Integer.MAX_VALUE);
    }

    @Override
    public boolean isEmpty() {
        return dict.isEmpty();
    }

    @Override
    public void clear() {
        dict.clear();
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new Entries();
    }

    // Bytes are compared, whatever they are of.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T> T cast(Object object) {
        return (T) object;
    }

    /** The entries, streamed. */
    private final class Entries extends AbstractSet<Entry<K, V>> {
        @Override
        public Iterator<Entry<K, V>> iterator() {
            return new EntryIterator(dict.entries().iterator());
        }

        @Override
        public int size() {
            return MapView.this.size();
        }

        @Override
        public boolean isEmpty() {
            return MapView.this.isEmpty();
        }

        @Override
        public void clear() {
            MapView.this.clear();
        }

        @Override
        public boolean contains(@Nullable Object element) {
            return element instanceof Entry<?, ?> entry
                    && entry.getKey() != null
                    && Objects.equals(MapView.this.get(entry.getKey()), entry.getValue());
        }

        @Override
        public boolean remove(@Nullable Object element) {
            return element instanceof Entry<?, ?> entry
                    && entry.getKey() != null
                    && MapView.this.remove(entry.getKey(), entry.getValue());
        }
    }

    /** Entries that write through. One thread. */
    private final class EntryIterator implements Iterator<Entry<K, V>> {
        private final Iterator<Entry<K, V>> entries;
        private @Nullable Entry<K, V> last;

        EntryIterator(Iterator<Entry<K, V>> entries) {
            this.entries = entries;
        }

        @Override
        public boolean hasNext() {
            return entries.hasNext();
        }

        @Override
        public Entry<K, V> next() {
            Entry<K, V> next = new WritingEntry(entries.next());
            last = next;
            return next;
        }

        @Override
        public void remove() {
            Entry<K, V> entry = last;
            if (entry == null) {
                throw new IllegalStateException("no entry to remove: call next() first");
            }
            last = null;
            dict.remove(entry.getKey());
        }
    }

    /** An entry as it was met, whose new value goes into the dictionary. */
    private final class WritingEntry extends SimpleEntry<K, V> {
        private static final long serialVersionUID = 1;

        WritingEntry(Entry<K, V> met) {
            super(met);
        }

        @Override
        public V setValue(V value) {
            dict.put(getKey(), value);
            return super.setValue(value);
        }
    }
}
