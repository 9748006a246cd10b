package io.ddict.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a {@link DDict} that do not block the caller: each runs on a virtual thread of its own
 * and completes the future with the result or the exception of its twin. A future's cancellation does
 * not stop the call. Calls of one caller are not ordered; chain them where order matters.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public interface DDictAsync<K, V> {
    /** Twin of {@link DDict#get(Object)}. */
    CompletableFuture<@Nullable V> get(K key);

    /** Twin of {@link DDict#put}. */
    CompletableFuture<@Nullable Void> put(K key, V value);

    /** Twin of {@link DDict#putIfAbsent}. */
    CompletableFuture<@Nullable V> putIfAbsent(K key, V value);

    /** Twin of {@link DDict#remove(Object)}. */
    CompletableFuture<@Nullable V> remove(K key);

    /** Twin of {@link DDict#compareAndSet}. */
    CompletableFuture<Long> compareAndSet(K key, long version, V value);

    /** Twin of {@link DDict#getAndAdd}. */
    CompletableFuture<Long> getAndAdd(K key, long delta);

    /** Twin of {@link DDict#awaitValue}. */
    CompletableFuture<@Nullable Void> awaitValue(K key, V value, Duration timeout);

    /** Twin of {@link DDict#size}. */
    CompletableFuture<Long> size();
}
