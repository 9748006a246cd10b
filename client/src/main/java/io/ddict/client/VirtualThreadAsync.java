package io.ddict.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The asynchronous calls of a dictionary: the plain ones, each on a virtual thread. */
final class VirtualThreadAsync<K, V> implements DDictAsync<K, V> {
    private static final Executor EXECUTOR =
            task -> Thread.ofVirtual().name("ddict-async").start(task);

    private final DDict<K, V> dict;

    VirtualThreadAsync(DDict<K, V> dict) {
        this.dict = dict;
    }

    @Override
    public CompletableFuture<@Nullable V> get(K key) {
        return run(() -> dict.get(key));
    }

    @Override
    public CompletableFuture<@Nullable Void> put(K key, V value) {
        return CompletableFuture.runAsync(() -> dict.put(key, value), EXECUTOR);
    }

    @Override
    public CompletableFuture<@Nullable V> putIfAbsent(K key, V value) {
        return run(() -> dict.putIfAbsent(key, value));
    }

    @Override
    public CompletableFuture<@Nullable V> remove(K key) {
        return run(() -> dict.remove(key));
    }

    @Override
    public CompletableFuture<Long> compareAndSet(K key, long version, V value) {
        return run(() -> dict.compareAndSet(key, version, value));
    }

    @Override
    public CompletableFuture<Long> getAndAdd(K key, long delta) {
        return run(() -> dict.getAndAdd(key, delta));
    }

    @Override
    public CompletableFuture<@Nullable Void> awaitValue(K key, V value, Duration timeout) {
        return CompletableFuture.runAsync(() -> dict.awaitValue(key, value, timeout), EXECUTOR);
    }

    @Override
    public CompletableFuture<Long> size() {
        return run(dict::size);
    }

    private static <T extends @Nullable Object> CompletableFuture<T> run(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, EXECUTOR);
    }
}
