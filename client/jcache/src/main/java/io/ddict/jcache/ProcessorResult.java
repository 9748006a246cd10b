package io.ddict.jcache;

import java.util.Objects;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/** What a processor returned for one of several keys, or threw. */
record ProcessorResult<T>(
        @Nullable T result, @Nullable EntryProcessorException failure)
        implements
            EntryProcessorResult<T> {
    @Override
    public T get() {
        if (failure != null) {
            throw failure;
        }
        return Objects.requireNonNull(result, "a processor that returned nothing has no result");
    }
}
