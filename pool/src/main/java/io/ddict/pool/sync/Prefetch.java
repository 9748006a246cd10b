package io.ddict.pool.sync;

import io.ddict.client.DDictException;
import io.ddict.client.SharedQueue;
import io.ddict.client.SharedQueue.Taken;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Whoever takes one item right after the other is given two the next time, then four, and so on: asking
 * costs more than an item. Whoever takes its time is given one, so that others get the rest. And if it takes
 * its time all of a sudden, what lies here goes back to the queue a moment later.
 */

/** Items that a process was given before it asked for them. Safe from any thread. */
public final class Prefetch<E> {
    private static final int MOST = 64;
    private static final long QUICK_NS = 100_000;
    private static final long IDLE_NS = 5_000_000;
    private static final ScheduledExecutorService CLOCK =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("ddict-prefetch").factory());

    private final SharedQueue<E> queue;
    private final Source<E> source;
    private final Deque<Taken<E>> items = new ArrayDeque<>();
    private int most = 1;
    private long takenNs;
    private boolean isWatched;

    /**
     * Of a queue.
     *
     * @param source one of the queue's ways to take
     */
    public Prefetch(SharedQueue<E> queue, Source<E> source) {
        this.queue = queue;
        this.source = source;
    }

    /** The next item, not acknowledged; null if there was none in time. */
    public @Nullable Taken<E> next(Duration timeout) throws InterruptedException {
        int wanted;
        synchronized (items) {
            Taken<E> item = items.pollFirst();
            wanted = pace();
            if (item != null) {
                return item;
            }
        }
        List<Taken<E>> taken = source.take(wanted, timeout);
        if (taken.isEmpty()) {
            return null;
        }
        if (taken.size() > 1) {
            keep(taken.subList(1, taken.size()));
        }
        return taken.getFirst();
    }

    /** The next item of those that are here, not acknowledged; null if there is none. */
    public @Nullable Taken<E> nextHere() {
        synchronized (items) {
            Taken<E> item = items.pollFirst();
            if (item != null) {
                pace();
            }
            return item;
        }
    }

    // How many to ask for, as one is taken now.
    private int pace() {
        long nowNs = System.nanoTime();
        most = nowNs - takenNs < QUICK_NS ? Math.min(MOST, 2 * most) : 1;
        takenNs = nowNs;
        return most;
    }

    private void keep(List<Taken<E>> rest) {
        synchronized (items) {
            items.addAll(rest);
            takenNs = System.nanoTime();
            if (!isWatched) {
                isWatched = true;
                watch();
            }
        }
    }

    private void watch() {
        var _ = CLOCK.schedule(this::look, IDLE_NS, TimeUnit.NANOSECONDS);
    }

    private void look() {
        synchronized (items) {
            if (System.nanoTime() - takenNs > IDLE_NS) {
                tryGiveBack();
            }
            isWatched = !items.isEmpty();
            if (isWatched) {
                watch();
            }
        }
    }

    // Of a queue that has ended nobody wants anything back.
    private void tryGiveBack() {
        try {
            giveBack();
        } catch (DDictException | IllegalStateException e) {
            items.clear();
        }
    }

    /** The first item, which stays; null if there is none. */
    @Nullable E peek() throws InterruptedException {
        synchronized (items) {
            if (!items.isEmpty()) {
                return items.getFirst().item();
            }
        }
        List<Taken<E>> taken = queue.take(1, Duration.ZERO);
        if (taken.isEmpty()) {
            return null;
        }
        queue.giveBackUnused(taken.getFirst().number());
        return taken.getFirst().item();
    }

    /** Gives all back to the queue. */
    public void giveBack() {
        synchronized (items) {
            while (!items.isEmpty()) {
                queue.giveBackUnused(items.removeLast().number());
            }
        }
    }

    /** How many there are. */
    public int size() {
        synchronized (items) {
            return items.size();
        }
    }

    /**
     * How items are taken.
     *
     * @param <E> type of the items
     */
    @FunctionalInterface
    public interface Source<E> {
        /** Takes at most so many, waiting for one. */
        List<Taken<E>> take(int most, Duration timeout) throws InterruptedException;
    }
}
