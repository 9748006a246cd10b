package io.ddict.jcache;

import io.ddict.client.DDict;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/*
 * What JSR 107 asks of each call: what is refused, what is counted, and which step it is. How a
 * step is done, and who is told of it, is in Entries.
 */

/** A cache: a dictionary, with what JCache has beyond one. Safe from any thread. */
final class DDictCache<K, V> implements Cache<K, V> {
    private static final long END_TIMEOUT_S = 10;

    private final DDictCacheManager manager;
    private final String name;
    private final MutableConfiguration<K, V> configuration;
    private final CacheDictionary dictionary;
    private final Plugins<K, V> plugins;
    private final @Nullable Loading<K, V> loading;
    private final Listeners<K, V> listeners;
    private final Entries<K, V> entries;
    private final BulkOperations<K, V> bulk;
    private final CacheStatistics statistics = new CacheStatistics();
    private final ManagementBean statisticsBean;
    private final ManagementBean configurationBean;
    private final ExecutorService listening = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("ddict-jcache-listeners").factory());
    private final ExecutorService loads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("ddict-jcache-load").factory());
    private volatile boolean closed;

    /**
     * Makes it.
     *
     * @param configuration belongs to the cache from now on
     * @param dictionary belongs to the cache from now on
     */
    DDictCache(
            DDictCacheManager manager,
            String name,
            MutableConfiguration<K, V> configuration,
            CacheDictionary dictionary,
            Encoding encoding) {
        this.manager = manager;
        this.name = name;
        this.configuration = configuration;
        this.dictionary = dictionary;
        plugins = Plugins.of(configuration);
        loading = plugins.loader() == null ? null : new Loading<>(plugins.loader());
        listeners = new Listeners<>(this, listening);
        configuration.getCacheEntryListenerConfigurations().forEach(listeners::add);
        WriteThrough<K, V> writeThrough =
                new WriteThrough<>(configuration.isWriteThrough() ? plugins.writer() : null);
        entries = new Entries<>(dictionary, encoding, new Expiry(plugins.expiryPolicy()),
                writeThrough, listeners);
        bulk = new BulkOperations<>(entries, writeThrough, statistics);
        statisticsBean =
                new ManagementBean(statistics, "CacheStatistics", manager.getURI(), name);
        configurationBean = new ManagementBean(new ConfigurationBean(configuration),
                "CacheConfiguration", manager.getURI(), name);
        enableStatistics(configuration.isStatisticsEnabled());
        enableManagement(configuration.isManagementEnabled());
    }

    @Override
    public @Nullable V get(K key) {
        requireOpen();
        requireKey(key);
        long start = statistics.start();
        Found<V> found = entries.look(key);
        V value = found.isPresent() ? found.value() : readThrough(key);
        statistics.looked(found.isPresent(), start);
        return value;
    }

    private @Nullable V readThrough(K key) {
        Loading<K, V> from = readsThrough();
        if (from == null) {
            return null;
        }
        LoadStep<K, V> step = new LoadStep<>(from, key);
        entries.update(key, step);
        return step.value();
    }

    // Null if it does not.
    private @Nullable Loading<K, V> readsThrough() {
        return configuration.isReadThrough() ? loading : null;
    }

    @Override
    public Map<K, V> getAll(Set<? extends K> keys) {
        requireOpen();
        BulkOperations.requireKeys(keys);
        Map<K, V> found = HashMap.newHashMap(keys.size());
        for (K key : keys) {
            V value = get(key);
            if (value != null) {
                found.put(key, value);
            }
        }
        return found;
    }

    @Override
    public boolean containsKey(K key) {
        requireOpen();
        return entries.contains(requireKey(key));
    }

    @Override
    public void loadAll(
            Set<? extends K> keys, boolean replaceExistingValues,
            @Nullable CompletionListener listener) {
        requireOpen();
        BulkOperations.requireKeys(keys);
        Loading<K, V> from = loading;
        if (from != null) {
            Set<K> wanted = Set.copyOf(keys);
            loads.execute(() -> load(from, wanted, replaceExistingValues, listener));
        } else if (listener != null) {
            listener.onCompletion();
        }
    }

    private void load(
            Loading<K, V> from, Set<K> keys, boolean replaces,
            @Nullable CompletionListener listener) {
        try {
            List<K> wanted = keys.stream()
                    .filter(key -> replaces || !entries.contains(key))
                    .toList();
            bulk.store(from.loadAll(wanted), replaces);
        } catch (RuntimeException e) {
            if (listener != null) {
                listener.onException(e);
            }
            return;
        }
        if (listener != null) {
            listener.onCompletion();
        }
    }

    @Override
    public void put(K key, V value) {
        requireOpen();
        requireEntry(key, value);
        long start = statistics.start();
        boolean stored = entries.put(key, value, true);
        statistics.put(stored ? 1 : 0, start);
    }

    @Override
    public @Nullable V getAndPut(K key, V value) {
        requireOpen();
        requireEntry(key, value);
        long start = statistics.start();
        Outcome<V> outcome = entries.update(key, found -> Change.put(value));
        statistics.looked(outcome.before().isPresent(), start);
        count(outcome, start);
        return outcome.before().value();
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> map) {
        requireOpen();
        map.forEach(this::requireEntry);
        bulk.putAll(map);
    }

    @Override
    public boolean putIfAbsent(K key, V value) {
        requireOpen();
        requireEntry(key, value);
        long start = statistics.start();
        Outcome<V> outcome = entries.update(
                key, found -> found.isPresent() ? Change.keep() : Change.put(value));
        statistics.looked(outcome.before().isPresent(), start);
        count(outcome, start);
        return outcome.changed();
    }

    @Override
    public boolean remove(K key) {
        requireOpen();
        long start = statistics.start();
        Outcome<V> outcome = entries.update(requireKey(key), found -> Change.remove());
        countRemoval(outcome, start);
        return outcome.changed();
    }

    @Override
    public boolean remove(K key, V oldValue) {
        requireOpen();
        requireEntry(key, oldValue);
        long start = statistics.start();
        Outcome<V> outcome =
                entries.update(key, found -> ifEqual(found, oldValue, Change.remove()));
        statistics.looked(outcome.before().isPresent(), start);
        countRemoval(outcome, start);
        return outcome.changed();
    }

    private static <V> Change<V> ifEqual(Found<V> found, V expected, Change<V> change) {
        if (!found.isPresent()) {
            return Change.keep();
        }
        return found.has(expected) ? change : Change.access();
    }

    @Override
    public @Nullable V getAndRemove(K key) {
        requireOpen();
        long start = statistics.start();
        Outcome<V> outcome = entries.update(requireKey(key), found -> Change.remove());
        statistics.looked(outcome.before().isPresent(), start);
        countRemoval(outcome, start);
        return outcome.before().value();
    }

    @Override
    public boolean replace(K key, V oldValue, V newValue) {
        requireOpen();
        requireEntry(key, oldValue);
        requireEntry(key, newValue);
        long start = statistics.start();
        Outcome<V> outcome =
                entries.update(key, found -> ifEqual(found, oldValue, Change.put(newValue)));
        statistics.looked(outcome.before().isPresent(), start);
        count(outcome, start);
        return outcome.changed();
    }

    @Override
    public boolean replace(K key, V value) {
        return replaceIfPresent(key, value).changed();
    }

    @Override
    public @Nullable V getAndReplace(K key, V value) {
        return replaceIfPresent(key, value).before().value();
    }

    private Outcome<V> replaceIfPresent(K key, V value) {
        requireOpen();
        requireEntry(key, value);
        long start = statistics.start();
        Outcome<V> outcome = entries.update(
                key, found -> found.isPresent() ? Change.put(value) : Change.keep());
        statistics.looked(outcome.before().isPresent(), start);
        count(outcome, start);
        return outcome;
    }

    @Override
    public void removeAll(Set<? extends K> keys) {
        requireOpen();
        BulkOperations.requireKeys(keys);
        bulk.removeAll(keys);
    }

    @Override
    public void removeAll() {
        requireOpen();
        bulk.removeAll();
    }

    @Override
    public void clear() {
        requireOpen();
        entries.clear();
    }

    @Override
    public <T> @Nullable T invoke(
            K key, EntryProcessor<K, V, T> processor, @Nullable Object... arguments) {
        requireOpen();
        requireKey(key);
        Objects.requireNonNull(processor, "processor is null");
        long start = statistics.start();
        ProcessStep<K, V, T> step =
                new ProcessStep<>(key, processor, arguments, readsThrough());
        Outcome<V> outcome = entries.update(key, step);
        statistics.looked(outcome.before().isPresent(), start);
        switch (step.kind()) {
            case PUT -> count(outcome, start);
            case REMOVE -> countRemoval(outcome, start);
            default -> {
                // Only looked at; what was loaded is no put.
            }
        }
        return step.result();
    }

    @Override
    public <T> Map<K, EntryProcessorResult<T>> invokeAll(
            Set<? extends K> keys, EntryProcessor<K, V, T> processor,
            @Nullable Object... arguments) {
        requireOpen();
        BulkOperations.requireKeys(keys);
        Objects.requireNonNull(processor, "processor is null");
        Map<K, EntryProcessorResult<T>> results = HashMap.newHashMap(keys.size());
        for (K key : keys) {
            try {
                T result = invoke(key, processor, arguments);
                if (result != null) {
                    results.put(key, new ProcessorResult<>(result, null));
                }
            } catch (EntryProcessorException e) {
                results.put(key, new ProcessorResult<>(null, e));
            } catch (CacheException e) {
                results.put(key, new ProcessorResult<>(null, new EntryProcessorException(e)));
            }
        }
        return results;
    }

    @Override
    public Iterator<Cache.Entry<K, V>> iterator() {
        requireOpen();
        return new CacheIterator<>(this, entries.keys());
    }

    /** The entry of a key, for an iteration; null if there is none. */
    @Nullable CacheEntry<K, V> lookAt(byte[] keyBytes) {
        long start = statistics.start();
        K key = entries.decodeKey(keyBytes);
        V value = entries.look(key, keyBytes).value();
        if (value == null) {
            return null;
        }
        statistics.looked(true, start);
        return new CacheEntry<>(key, value);
    }

    private void count(Outcome<V> outcome, long start) {
        statistics.put(outcome.changed() ? 1 : 0, start);
    }

    private void countRemoval(Outcome<V> outcome, long start) {
        statistics.removed(outcome.changed() ? 1 : 0, start);
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public CacheManager getCacheManager() {
        return manager;
    }

    @Override
    public <C extends Configuration<K, V>> C getConfiguration(Class<C> type) {
        return Unwrapping.unwrap(type, configuration);
    }

    Configuration<K, V> configuration() {
        return configuration;
    }

    /** Unwraps to this class's interfaces, and to the {@link DDict} that lies behind. */
    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.unwrap(type, this, dictionary.dict());
    }

    @Override
    public void registerCacheEntryListener(CacheEntryListenerConfiguration<K, V> added) {
        requireOpen();
        synchronized (configuration) {
            configuration.addCacheEntryListenerConfiguration(added);
            listeners.add(added);
        }
    }

    @Override
    public void deregisterCacheEntryListener(CacheEntryListenerConfiguration<K, V> removed) {
        requireOpen();
        synchronized (configuration) {
            configuration.removeCacheEntryListenerConfiguration(removed);
            listeners.remove(removed);
        }
    }

    void enableStatistics(boolean enabled) {
        configuration.setStatisticsEnabled(enabled);
        statistics.enable(enabled);
        statisticsBean.enable(enabled);
    }

    void enableManagement(boolean enabled) {
        configuration.setManagementEnabled(enabled);
        configurationBean.enable(enabled);
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    /** Ends this process's use of the cache; what is not shared with others ends altogether. */
    @Override
    public void close() {
        end(dictionary::close);
    }

    /** Ends the cache for all processes. */
    void destroy() {
        end(dictionary::destroy);
    }

    private void end(Closing.Step dictionaryEnd) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        manager.release(this);
        Closing closing = new Closing();
        closing.close(() -> statisticsBean.enable(false));
        closing.close(() -> configurationBean.enable(false));
        closing.close(() -> awaitEnd(loads));
        closing.close(() -> awaitEnd(listening));
        plugins.close(closing);
        listeners.close(closing);
        closing.close(dictionaryEnd);
        closing.end();
    }

    private static void awaitEnd(ExecutorService executor) {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(END_TIMEOUT_S, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "cache " + name + " of " + manager.getURI();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("cache is closed: cache=" + name);
        }
    }

    private K requireKey(@Nullable K key) {
        if (key == null) {
            throw new NullPointerException("key is null: cache=" + name);
        }
        return key;
    }

    private void requireEntry(@Nullable K key, @Nullable V value) {
        K present = requireKey(key);
        if (value == null) {
            throw new NullPointerException("value is null: key=" + present + ", cache=" + name);
        }
        requireType(configuration.getKeyType(), present);
        requireType(configuration.getValueType(), value);
    }

    private void requireType(Class<?> type, Object object) {
        if (!type.isInstance(object)) {
            throw new ClassCastException("not of the cache's type: class="
                    + object.getClass().getName() + ", type=" + type.getName() + ", cache="
                    + name);
        }
    }
}
