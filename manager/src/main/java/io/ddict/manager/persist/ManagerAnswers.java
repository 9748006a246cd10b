package io.ddict.manager.persist;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Waits for managers: one that stops at a broken invariant answers nothing that it was asked before. */
final class ManagerAnswers {
    private static final long TIMEOUT_S = 30;

    private ManagerAnswers() {}

    /** The answer, or an error when that time is over. */
    static <T extends @Nullable Object> CompletableFuture<T> bounded(
            CompletableFuture<T> answer) {
        return answer.orTimeout(TIMEOUT_S, TimeUnit.SECONDS);
    }

    /** Waits for all; each of them must end, as none waits for a manager for ever. */
    static void awaitAll(List<? extends CompletableFuture<?>> futures)
            throws IOException {
        try {
            CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new)).join();
        } catch (CompletionException e) {
            throw rethrown(e);
        }
    }

    /** Waits for the answer, so long at most. */
    static <T extends @Nullable Object> T await(CompletableFuture<T> future)
            throws IOException {
        try {
            return future.get(TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw rethrown(e);
        } catch (TimeoutException e) {
            throw new IOException("manager did not answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static IOException rethrown(Throwable cause) {
        return switch (cause) {
            case CompletionException wrapped when wrapped.getCause() != null ->
                    rethrown(wrapped.getCause());
            case ExecutionException wrapped when wrapped.getCause() != null ->
                    rethrown(wrapped.getCause());
            case IOException e -> e;
            case RuntimeException e -> throw e;
            default -> new IOException(cause.toString(), cause);
        };
    }
}
