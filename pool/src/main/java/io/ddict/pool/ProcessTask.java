package io.ddict.pool;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a process is to compute: a lambda, or an object of a class that the process has too. It travels by
 * Java serialization, with what it captures: dictionaries re-attach where they arrive, at the same
 * checkpoint.
 *
 * @param <T> type of the result, which travels back in the same way, at most 256 KiB of it; what is larger
 *     belongs into a dictionary
 */
@FunctionalInterface
public interface ProcessTask<T extends @Nullable Object> extends Serializable {
    /** Computes the result. */
    T run() throws Exception;
}
