package io.ddict.pool;

import java.io.Serializable;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A task for a worker: a {@code Callable} that travels. Lambdas given to {@link WorkerPool#submit} are such.
 *
 * @param <T> type of the result; serializable
 */
@FunctionalInterface
public interface PoolTask<T extends @Nullable Object> extends Callable<T>, Serializable {}
