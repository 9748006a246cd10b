package io.ddict.pool;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * As {@link PoolFunction}, of two arguments.
 *
 * @param <A> type of the first argument
 * @param <B> type of the second argument
 * @param <R> type of the result
 */
@FunctionalInterface
public interface PoolBiFunction<
        A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
        extends Serializable {
    /** Computes a result. */
    R apply(A first, B second) throws Exception;
}
