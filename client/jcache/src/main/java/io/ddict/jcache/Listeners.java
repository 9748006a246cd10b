package io.ddict.jcache;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/*
 * Events are of what this process does; nobody tells it what others do. They are told while the
 * key's lock is held, and what is asynchronous goes to one thread, so each listener hears of a
 * key's changes in order.
 */

/** The listeners of a cache in this process. Safe from any thread. */
final class Listeners<K, V> {
    private final Cache<K, V> source;
    private final ExecutorService asynchronous;
    private final List<ListenerRegistration<K, V>> registrations = new CopyOnWriteArrayList<>();

    /**
     * @param asynchronous a single thread
     */
    Listeners(Cache<K, V> source, ExecutorService asynchronous) {
        this.source = source;
        this.asynchronous = asynchronous;
    }

    void add(CacheEntryListenerConfiguration<K, V> configuration) {
        registrations.add(new ListenerRegistration<>(configuration));
    }

    void remove(CacheEntryListenerConfiguration<K, V> configuration) {
        registrations.removeIf(registration -> registration.isOf(configuration));
    }

    boolean isEmpty() {
        return registrations.isEmpty();
    }

    void created(K key, V value) {
        tell(EventType.CREATED, key, value, () -> null);
    }

    void updated(K key, V value, Found<V> before) {
        tell(EventType.UPDATED, key, value, before::value);
    }

    void removed(K key, Found<V> before) {
        tell(EventType.REMOVED, key, null, before::value);
    }

    void expired(K key, Found<V> before) {
        tell(EventType.EXPIRED, key, null, before::value);
    }

    private void tell(
            EventType type, K key, @Nullable V value, Supplier<@Nullable V> oldValue) {
        for (ListenerRegistration<K, V> registration : registrations) {
            if (registration.hears(type)) {
                V old = registration.needsOldValue() ? oldValue.get() : null;
                // What is gone has its old value for both.
                EntryEvent<K, V> event =
                        new EntryEvent<>(source, type, key, value == null ? old : value, old);
                if (registration.isSynchronous()) {
                    registration.tell(event);
                } else {
                    asynchronous.execute(() -> registration.tell(event));
                }
            }
        }
    }

    void close(Closing closing) {
        registrations.forEach(registration -> registration.close(closing));
    }
}
