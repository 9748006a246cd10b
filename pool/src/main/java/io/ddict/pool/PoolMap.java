package io.ddict.pool;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Results of a list of tasks, which come in any order. */
final class PoolMap<R extends @Nullable Object> implements PoolJob {
    private final @Nullable Object[] results;
    private final CompletableFuture<List<R>> future = new CompletableFuture<>();
    // Guarded by this.
    private int left;
    private int failedAt = Integer.MAX_VALUE;
    private @Nullable RuntimeException failure;

    PoolMap(int tasks) {
        this.results = new Object[tasks];
        this.left = tasks;
        if (tasks == 0) {
            future.complete(List.of());
        }
    }

    CompletableFuture<List<R>> future() {
        return future;
    }

    @Override
    public void done(int first, List<@Nullable Object> some) {
        for (int i = 0; i < some.size(); i++) {
            results[first + i] = some.get(i);
        }
        ended(some.size());
    }

    @Override
    public void failed(int first, int count, RuntimeException why) {
        synchronized (this) {
            if (first < failedAt) {
                failedAt = first;
                failure = why;
            }
        }
        ended(count);
    }

    private void ended(int count) {
        synchronized (this) {
            left -= count;
            if (left > 0) {
                return;
            }
        }
        complete();
    }

    @SuppressWarnings("unchecked") // What the function gives is of this type.
    private void complete() {
        if (failure != null) {
            future.completeExceptionally(failure);
        } else {
            future.complete((List<R>) Arrays.asList(results));
        }
    }
}
