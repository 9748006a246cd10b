package io.ddict.jcache;

import java.util.List;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Factory;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/** One listener of the user's with its filter, made by their factories. */
final class ListenerRegistration<K, V> {
    private final CacheEntryListenerConfiguration<K, V> configuration;
    private final CacheEntryListener<? super K, ? super V> listener;
    private final @Nullable CacheEntryEventFilter<? super K, ? super V> filter;

    ListenerRegistration(CacheEntryListenerConfiguration<K, V> configuration) {
        this.configuration = configuration;
        this.listener = configuration.getCacheEntryListenerFactory().create();
        Factory<CacheEntryEventFilter<? super K, ? super V>> filters =
                configuration.getCacheEntryEventFilterFactory();
        this.filter = filters == null ? null : filters.create();
    }

    boolean isOf(CacheEntryListenerConfiguration<K, V> other) {
        return configuration.equals(other);
    }

    boolean isSynchronous() {
        return configuration.isSynchronous();
    }

    boolean needsOldValue() {
        return configuration.isOldValueRequired();
    }

    boolean hears(EventType type) {
        return switch (type) {
            case CREATED -> listener instanceof CacheEntryCreatedListener;
            case UPDATED -> listener instanceof CacheEntryUpdatedListener;
            case REMOVED -> listener instanceof CacheEntryRemovedListener;
            case EXPIRED -> listener instanceof CacheEntryExpiredListener;
        };
    }

    /**
     * Tells the listener, unless the filter is against it.
     *
     * @throws CacheEntryListenerException if one of them throws
     */
    void tell(CacheEntryEvent<K, V> event) {
        try {
            if (filter == null || filter.evaluate(event)) {
                call(event);
            }
        } catch (CacheEntryListenerException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new CacheEntryListenerException("listener failed: " + e, e);
        }
    }

    @SuppressWarnings("unchecked") // A listener of supertypes hears of what is more special.
    private void call(CacheEntryEvent<K, V> event) {
        List<CacheEntryEvent<? extends K, ? extends V>> events = List.of(event);
        switch (event.getEventType()) {
            case CREATED -> ((CacheEntryCreatedListener<K, V>) listener).onCreated(events);
            case UPDATED -> ((CacheEntryUpdatedListener<K, V>) listener).onUpdated(events);
            case REMOVED -> ((CacheEntryRemovedListener<K, V>) listener).onRemoved(events);
            case EXPIRED -> ((CacheEntryExpiredListener<K, V>) listener).onExpired(events);
        }
    }

    void close(Closing closing) {
        closing.closeIfCloseable(listener);
        closing.closeIfCloseable(filter);
    }
}
