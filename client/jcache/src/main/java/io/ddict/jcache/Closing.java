package io.ddict.jcache;

import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Closes several things, each whatever became of the others, and then tells what failed. One thread. */
final class Closing {
    private @Nullable CacheException failure;

    /** What closing something is. */
    @FunctionalInterface
    interface Step {
        void run() throws Exception;
    }

    /** Closes one thing; what that throws is kept for {@link #end}. */
    void close(Step step) {
        try {
            step.run();
        } catch (Exception e) {
            if (failure == null) {
                failure = e instanceof CacheException told
                        ? told
                        : new CacheException("cannot be closed: " + e.getMessage(), e);
            } else {
                failure.addSuppressed(e);
            }
        }
    }

    /** Closes something of the user's, if it can be closed. */
    void closeIfCloseable(@Nullable Object object) {
        if (object instanceof AutoCloseable closeable) {
            close(closeable::close);
        }
    }

    /**
     * Tells what failed.
     *
     * @throws CacheException of the first failure, with the others as suppressed
     */
    void end() {
        if (failure != null) {
            throw failure;
        }
    }
}
