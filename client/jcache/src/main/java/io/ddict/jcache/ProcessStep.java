package io.ddict.jcache;

import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;

/** Runs an entry processor, in each attempt anew. One operation. */
final class ProcessStep<K, V, T> implements Step<V> {
    private final K key;
    private final EntryProcessor<K, V, T> processor;
    private final @Nullable Object[] arguments;
    private final @Nullable Loading<K, V> loading;
    private Change.Kind kind = Change.Kind.KEEP;
    private @Nullable T result;

    /**
     * @param loading null if the cache does not read through
     */
    ProcessStep(
            K key, EntryProcessor<K, V, T> processor, @Nullable Object[] arguments,
            @Nullable Loading<K, V> loading) {
        this.key = key;
        this.processor = processor;
        this.arguments = arguments;
        this.loading = loading;
    }

    /**
     * @throws EntryProcessorException if the processor throws
     */
    @Override
    public Change<V> decide(Found<V> found) {
        ProcessedEntry<K, V> entry = new ProcessedEntry<>(key, found, loading);
        try {
            result = processor.process(entry, arguments);
        } catch (CacheException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new EntryProcessorException("processor failed: " + e, e);
        }
        kind = entry.change().kind();
        return entry.change();
    }

    /** What the last attempt did. */
    Change.Kind kind() {
        return kind;
    }

    /** What the processor returned last. */
    @Nullable T result() {
        return result;
    }
}
