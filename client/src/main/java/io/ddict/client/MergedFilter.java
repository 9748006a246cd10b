package io.ddict.client;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;

/*
 * Each worker's results are in order, so the first of all is the first among the first of each. So nothing
 * can be given out before every worker has given one, or has ended: those are the ones that are due.
 */

/** Merges what workers find into one order. One thread. */
final class MergedFilter<R> implements Filtered<R> {
    private final List<FilterWorker<R>> workers;
    private final long timeoutNs;
    private final PriorityQueue<Head<R>> heads;
    private final Deque<FilterWorker<R>> due;

    MergedFilter(
            List<FilterWorker<R>> workers, Comparator<? super R> order, long timeoutNs) {
        this.workers = workers;
        this.timeoutNs = timeoutNs;
        Comparator<Head<R>> byResult = (one, other) -> order.compare(one.result, other.result);
        this.heads = new PriorityQueue<>(
                byResult.thenComparingInt(head -> head.worker.manager()));
        this.due = new ArrayDeque<>(workers);
        workers.forEach(FilterWorker::start);
    }

    @Override
    public boolean hasNext() {
        try {
            takeWhatIsDue();
        } catch (RuntimeException | Error e) {
            if (due.getFirst().isOver()) {
                close();
            }
            throw e;
        }
        return !heads.isEmpty();
    }

    private void takeWhatIsDue() {
        while (!due.isEmpty()) {
            FilterWorker<R> worker = due.getFirst();
            R result = worker.take(timeoutNs);
            due.removeFirst();
            if (result != null) {
                heads.add(new Head<>(result, worker));
            }
        }
    }

    @Override
    public R next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more results");
        }
        Head<R> head = heads.remove();
        due.addFirst(head.worker);
        return head.result;
    }

    @Override
    public void close() {
        heads.clear();
        due.clear();
        workers.forEach(FilterWorker::close);
    }

    /** The next result of a worker. */
    private record Head<R>(R result, FilterWorker<R> worker) {}
}
