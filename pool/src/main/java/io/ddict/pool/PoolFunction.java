package io.ddict.pool;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a worker does with each argument: a lambda, or an object of a class that workers have too. It
 * travels once for each call of a pool, with what it captures.
 *
 * @param <T> type of the argument
 * @param <R> type of the result; serializable, as the argument
 */
@FunctionalInterface
public interface PoolFunction<T extends @Nullable Object, R extends @Nullable Object>
        extends Serializable {
    /** Computes a result. */
    R apply(T argument) throws Exception;
}
