package io.ddict.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/*
 * Chunks come in any order. In the order of the arguments the one that is due is waited for; else whichever
 * comes.
 */

/** Results that are looked at one by one while tasks go on. The iterator is for one thread. */
final class PoolStream<R extends @Nullable Object> implements PoolJob, Iterator<R> {
    private static final int AHEAD_MAX = 10_000;

    private final boolean ordered;
    private final Runnable onEnd;
    private final Map<Integer, List<@Nullable Object>> come = new HashMap<>();
    private final List<Integer> order = new ArrayList<>();
    private final List<RuntimeException> failures = new ArrayList<>();
    private int posted;
    private int handed;
    private int ended;
    private boolean allPosted;
    private Iterator<@Nullable Object> current = List.<@Nullable Object>of().iterator();

    /**
     * Makes one.
     *
     * @param onEnd called once, when no task is under way any more
     */
    PoolStream(boolean ordered, Runnable onEnd) {
        this.ordered = ordered;
        this.onEnd = onEnd;
    }

    /** So many more tasks are about to be under way; waits until enough results were looked at. */
    synchronized void posting(int count) {
        while (posted - handed > AHEAD_MAX) {
            await();
        }
        posted += count;
    }

    /** There are no more tasks, or why there could not be more. */
    synchronized void ended(@Nullable RuntimeException why) {
        allPosted = true;
        if (why != null) {
            failures.add(why);
        }
        ended(0);
    }

    private void ended(int count) {
        ended += count;
        if (allPosted && ended == posted) {
            onEnd.run();
        }
        notifyAll();
    }

    @Override
    public synchronized void done(int first, List<@Nullable Object> results) {
        come.put(first, results);
        order.add(first);
        ended(results.size());
    }

    @Override
    public synchronized void failed(int first, int count, RuntimeException why) {
        failures.add(why);
        ended(count);
    }

    @Override
    public synchronized boolean hasNext() {
        while (!current.hasNext()) {
            List<@Nullable Object> next = next0();
            if (next != null) {
                handed += next.size();
                notifyAll();
                current = next.iterator();
            } else if (!failures.isEmpty()) {
                throw failures.getFirst();
            } else if (allPosted && handed == posted) {
                return false;
            } else {
                await();
            }
        }
        return true;
    }

    private @Nullable List<@Nullable Object> next0() {
        if (ordered) {
            return come.remove(handed);
        }
        return order.isEmpty() ? null : come.remove(order.removeFirst());
    }

    @SuppressWarnings("WaitNotInLoop") // Those who call it loop.
    private void await() {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a result", e);
        }
    }

    @Override
    @SuppressWarnings("unchecked") // What the function gives is of this type.
    public synchronized R next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return (R) current.next();
    }
}
