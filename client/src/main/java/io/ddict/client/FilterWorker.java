package io.ddict.client;

import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * The worker's thread puts results into a bounded queue, and the user's takes them. A worker whose queue is
 * full looks now and then whether anybody still wants them: it ends when its shard's handle is closed, which
 * is also how it is cancelled in the midst of a function, as the function's next call throws.
 */

/** Runs a filter's function over one shard. */
final class FilterWorker<R> implements AutoCloseable {
    static final int RESULTS_MAX = 256;

    private static final long LOOK_MS = 50;

    private final OpenDictionary shard;
    private final Supplier<Iterator<R>> function;
    private final BlockingQueue<Object> results = new ArrayBlockingQueue<>(RESULTS_MAX);
    // Written before the end is put, and read after it was taken.
    private @Nullable Throwable failure;
    private boolean isOver;

    FilterWorker(OpenDictionary shard, Supplier<Iterator<R>> function) {
        this.shard = shard;
        this.function = function;
    }

    /** Number of the shard's manager. */
    int manager() {
        return shard.number();
    }

    void start() {
        Thread.ofPlatform().daemon().name("ddict-filter-" + manager()).start(this::run);
    }

    private void run() {
        try {
            Iterator<R> found = function.get();
            boolean wanted = true;
            while (wanted && found.hasNext()) {
                wanted = put(Objects.requireNonNull(found.next(), "result of a filter is null"));
            }
        } catch (Throwable e) {
            failure = e;
        } finally {
            boolean _ = put(End.END);
            shard.close();
        }
    }

    private boolean put(Object result) {
        try {
            while (!results.offer(result, LOOK_MS, TimeUnit.MILLISECONDS)) {
                if (shard.isClosed()) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            // Nobody but the user's function can have asked for it.
            return false;
        }
    }

    /**
     * The next result, or null at the end.
     *
     * @throws DDictTimeoutException if it does not come in time; it can still be taken later
     */
    @SuppressWarnings("unchecked") // Nothing else is put.
    @Nullable R take(long timeoutNs) {
        Object taken = poll(timeoutNs);
        isOver = taken instanceof End;
        if (!isOver) {
            return (R) taken;
        }
        switch (failure) {
            case null -> {
                return null;
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /** Whether all was taken, or the function failed. For the thread that takes. */
    boolean isOver() {
        return isOver;
    }

    private Object poll(long timeoutNs) {
        try {
            Object taken = results.poll(timeoutNs, TimeUnit.NANOSECONDS);
            if (taken == null) {
                throw new DDictTimeoutException(
                        "time over: a filter's function gave no result in time, timeout="
                                + TimeUnit.NANOSECONDS.toMillis(timeoutNs)
                                + "ms, manager="
                                + manager());
            }
            return taken;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictTimeoutException(
                    "interrupted while a filter was waited for: manager=" + manager());
        }
    }

    @Override
    public void close() {
        shard.close();
    }

    /** Stands behind the last result. */
    private enum End {
        END
    }
}
