package io.ddict.manager.system;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Threads of a test, whose failures are the test's. */
final class Threads implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<CompletableFuture<Void>> ends = new ArrayList<>();
    private final ThreadFactory factory;

    Threads() {
        this(Thread.ofPlatform().daemon().factory());
    }

    Threads(ThreadFactory factory) {
        this.factory = factory;
    }

    /** Runs one task in so many threads, and waits for them. */
    static void run(int count, Task task) {
        run(count, Duration.ofSeconds(50), task);
    }

    /** Runs one task in so many threads, and waits for them for some time. */
    static void run(int count, Duration timeout, Task task) {
        Threads threads = new Threads();
        threads.start(count, task);
        threads.await(timeout);
    }

    /** Starts a task in so many threads. */
    void start(int count, Task task) {
        for (int i = 0; i < count; i++) {
            int index = i;
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            factory.newThread(() -> {
                try {
                    task.run(index);
                    end.complete(null);
                } catch (Throwable e) {
                    end.completeExceptionally(e);
                }
            }).start();
        }
    }

    /** Starts a task over and over in a thread, until {@link #close}. */
    void repeat(Task task) {
        start(1, index -> {
            while (!over.get()) {
                task.run(index);
            }
        });
    }

    /** Throws if one has failed: for who waits for what they do. */
    void check() {
        for (CompletableFuture<Void> each : ends) {
            if (each.isCompletedExceptionally()) {
                throw new AssertionError("thread failed: " + each.exceptionNow(),
                        each.exceptionNow());
            }
        }
    }

    /** Waits for the ends of all. */
    void await(Duration timeout) {
        try {
            CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("thread failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("threads did not end", e);
        }
    }

    @Override
    public void close() {
        over.set(true);
        await(Duration.ofSeconds(20));
    }

    /** What a thread does. */
    interface Task {
        void run(int thread) throws Exception;
    }
}
