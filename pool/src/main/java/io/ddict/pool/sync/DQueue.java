package io.ddict.pool.sync;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.SharedCounter;
import io.ddict.client.SharedQueue;
import io.ddict.client.SharedQueue.Taken;
import java.io.Serializable;
import java.time.Duration;
import java.util.AbstractQueue;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * Items are posted: whoever puts goes on at once, and only every so often waits until the manager has let
 * its item in. Whoever takes quickly is given several items at a time; see Prefetch.
 */

/**
 * A queue for all processes of a cluster: first in, first out for the items that a process puts by one
 * handle, each taken by one. Bounded by a number of items, by memory, or both. Safe from any thread; may be
 * given to other processes, as an argument or by {@link #serialize}.
 *
 * <p>{@link #take} and its like hand an item over for good: it is gone with a process that dies after that.
 * What must not be lost is {@link #receive received} and acknowledged when it is done.
 *
 * <p>A put returns when the item is stored, in its order; if the queue is full and long, up to a quarter of
 * its capacity may wait in memory for each process that puts, before puts wait. Iterating is not supported.
 *
 * @param <E> type of the items: any that a dictionary takes
 */
public final class DQueue<E> extends AbstractQueue<E>
        implements BlockingQueue<E>, Serializable, AutoCloseable {
    private static final long serialVersionUID = 1L;
    private static final Duration FOR_EVER = Duration.ofDays(365);
    private static final ByteSize MEMORY = ByteSize.mib(64);
    private static final String UNFINISHED = "unfinished";
    private static final long ID = 1;
    private static final int WINDOW_MAX = 64;
    private static final int WINDOW_SHARE = 4;
    private static final long NAP_NS = 50_000;

    private final String handle;
    private final long capacity;
    private final boolean joinable;
    private final transient DDict<Object, Object> dict;
    private final transient SharedQueue<E> queue;
    private final transient SharedCounter unfinished;
    private final transient Prefetch<E> prefetch;
    private final transient int window;
    private transient int posted;

    private DQueue(DDict<Object, Object> dict, long capacity, boolean joinable) {
        this.dict = dict;
        this.handle = dict.serialize();
        this.capacity = capacity;
        this.joinable = joinable;
        this.queue = SharedQueue.of(dict, ID, capacity);
        this.unfinished = SharedCounter.of(dict, UNFINISHED);
        this.prefetch = new Prefetch<>(queue, queue::takeBesideLane);
        this.window = (int) Math.min(WINDOW_MAX, capacity / WINDOW_SHARE);
    }

    /** A new queue without a bound but that of its memory, 64 MiB. */
    public static <E> DQueue<E> create() {
        return DQueue.<E>builder().create();
    }

    /** A new queue of at most so many items, in memory of 64 MiB. */
    public static <E> DQueue<E> create(int capacity) {
        return DQueue.<E>builder().capacity(capacity).create();
    }

    /** To say more. */
    public static <E> Builder<E> builder() {
        return new Builder<>();
    }

    /** The queue of a text that {@link #serialize} gave in any process of this user. */
    public static <E> DQueue<E> attach(String text) {
        String[] parts = text.split("\\|", -1);
        if (parts.length != 3 || !parts[1].matches("\\d{1,18}")) {
            throw new IllegalArgumentException(
                    "not a queue's text: text=" + text + "; it comes from DQueue.serialize()");
        }
        return attach(parts[0], Long.parseLong(parts[1]), Boolean.parseBoolean(parts[2]));
    }

    private static <E> DQueue<E> attach(String handle, long capacity, boolean joinable) {
        return new DQueue<>(DDict.attach(handle), capacity, joinable);
    }

    /** A text by which other processes find it. */
    public String serialize() {
        return handle + "|" + capacity + "|" + joinable;
    }

    private Object readResolve() {
        return attach(handle, capacity, joinable);
    }

    /**
     * Appends an item, waiting for room.
     *
     * @throws DDictFullException if it is larger than the queue's memory
     */
    @Override
    public void put(E item) throws InterruptedException {
        if (!offer(item, FOR_EVER)) {
            throw new DDictTimeoutException("no room came within a year: " + this);
        }
    }

    /** Appends an item if there is room now. */
    @Override
    public boolean offer(E item) {
        Objects.requireNonNull(item, "item");
        begin();
        boolean appended = false;
        try {
            appended = queue.putInLane(item, Duration.ZERO) || queue.offer(item);
        } catch (DDictFullException e) {
            // No room in memory is no room.
        } finally {
            end(appended);
        }
        return appended;
    }

    @Override
    public boolean offer(E item, long timeout, TimeUnit unit) throws InterruptedException {
        return offer(item, Duration.ofNanos(unit.toNanos(timeout)));
    }

    /** Appends an item, waiting for room; false if there was none in time. */
    public boolean offer(E item, Duration timeout) throws InterruptedException {
        Objects.requireNonNull(item, "item");
        begin();
        boolean appended = false;
        try {
            appended = append(item, timeout);
        } finally {
            end(appended);
        }
        return appended;
    }

    private boolean append(E item, Duration timeout) throws InterruptedException {
        if (queue.putInLane(item, timeout)) {
            return true;
        }
        long endNs = System.nanoTime() + timeout.toNanos();
        boolean wasEmpty = false;
        while (true) {
            try {
                if (mayPost()) {
                    queue.post(item);
                } else {
                    long leftNs = Math.max(1, endNs - System.nanoTime());
                    queue.put(item, Duration.ofNanos(leftNs));
                }
                return true;
            } catch (DDictTimeoutException e) {
                return false;
            } catch (DDictFullException e) {
                wasEmpty = awaitMemory(e, endNs, wasEmpty);
            }
        }
    }

    // One in so many puts waits until it is in.
    private boolean mayPost() {
        if (capacity == SharedQueue.UNBOUNDED) {
            return true;
        }
        if (window < 2) {
            return false;
        }
        synchronized (queue) {
            posted = (posted + 1) % window;
            return posted != 0;
        }
    }

    /**
     * Waits a little for what others take; throws if nobody could make room. That is known only of a queue
     * that was empty before the item was refused: what was in it may have been taken since.
     *
     * @return whether the queue is empty now
     */
    private boolean awaitMemory(DDictFullException full, long endNs, boolean wasEmpty)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        boolean isEmpty = queue.size() == 0 && dict.isEmpty();
        if (isEmpty && wasEmpty || endNs - System.nanoTime() <= 0) {
            throw full;
        }
        LockSupport.parkNanos(NAP_NS);
        return isEmpty;
    }

    private void begin() {
        if (joinable) {
            unfinished.add(1, 0);
        }
    }

    private void end(boolean appended) {
        if (joinable && !appended) {
            unfinished.add(-1, 0);
        }
    }

    @Override
    public E take() throws InterruptedException {
        E item = poll(FOR_EVER);
        if (item == null) {
            throw new DDictTimeoutException("no item came within a year: " + this);
        }
        return item;
    }

    @Override
    public @Nullable E poll() {
        try {
            return poll(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    @Override
    public @Nullable E poll(long timeout, TimeUnit unit) throws InterruptedException {
        return poll(Duration.ofNanos(unit.toNanos(timeout)));
    }

    /** Takes the first item, waiting for one; null if there was none in time. */
    public @Nullable E poll(Duration timeout) throws InterruptedException {
        Taken<E> here = prefetch.nextHere();
        if (here != null) {
            return accepted(here);
        }
        E item = queue.takeFromLane(!timeout.isZero());
        return item != null ? item : pollLater(timeout);
    }

    private @Nullable E pollLater(Duration timeout) throws InterruptedException {
        long endNs = System.nanoTime() + timeout.toNanos();
        while (true) {
            long leftNs = Math.max(0, endNs - System.nanoTime());
            Taken<E> taken = prefetch.next(Duration.ofNanos(leftNs));
            if (taken != null) {
                return accepted(taken);
            }
            // It may have been told to look into the lane.
            E item = queue.takeFromLane(leftNs > 0);
            if (item != null || leftNs == 0) {
                return item;
            }
        }
    }

    private E accepted(Taken<E> taken) {
        queue.acknowledge(taken.number());
        return taken.item();
    }

    /**
     * Receives the first item, waiting for one, without taking it out for good: if this process dies before
     * it has acknowledged the item, another one receives it.
     *
     * @return null if there was none in time
     */
    public @Nullable Received<E> receive(Duration timeout) throws InterruptedException {
        List<Taken<E>> taken = queue.take(1, timeout);
        return taken.isEmpty() ? null : new Received<>(this, taken.getFirst());
    }

    /** The first item, which stays; null if there is none. */
    @Override
    public @Nullable E peek() {
        try {
            return prefetch.peek();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** How many items wait. */
    @Override
    public int size() {
        return (int) Math.min(Integer.MAX_VALUE, queue.size() + prefetch.size());
    }

    @Override
    public boolean isEmpty() {
        return size() == 0;
    }

    /** How many more items fit now, as far as their number goes. */
    @Override
    public int remainingCapacity() {
        return capacity == SharedQueue.UNBOUNDED
                ? Integer.MAX_VALUE
                : (int) Math.max(0, capacity - size());
    }

    @Override
    public int drainTo(Collection<? super E> target) {
        return drainTo(target, Integer.MAX_VALUE);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // This very handle, and no other.
    public int drainTo(Collection<? super E> target, int most) {
        if (target == this) {
            throw new IllegalArgumentException("a queue cannot be drained into itself");
        }
        int count = 0;
        while (count < most) {
            E item = poll();
            if (item == null) {
                break;
            }
            target.add(item);
            count++;
        }
        return count;
    }

    /** Not supported: other processes put and take meanwhile. */
    @Override
    public Iterator<E> iterator() {
        throw new UnsupportedOperationException("a DQueue cannot be iterated over; see drainTo");
    }

    /**
     * Says that an item is done which was taken.
     *
     * @throws IllegalStateException if the queue is not joinable, or nothing is unfinished
     */
    public void taskDone() {
        requireJoinable();
        if (unfinished.tryAddWithin(-1, 0, Long.MAX_VALUE, 0).isEmpty()) {
            throw new IllegalStateException("more items done than were put: " + this);
        }
    }

    /** Waits until everything that was put is done; false if it was not in time. */
    public boolean join(Duration timeout) throws InterruptedException {
        requireJoinable();
        try {
            long _ = unfinished.addWithin(0, Long.MIN_VALUE, 0, 0, timeout);
            return true;
        } catch (DDictTimeoutException e) {
            return false;
        }
    }

    private void requireJoinable() {
        if (!joinable) {
            throw new IllegalStateException(
                    "queue is not joinable: " + this + "; DQueue.builder().joinable(true)");
        }
    }

    /** Ends this handle; the queue and its items stay. */
    @Override
    public void close() {
        prefetch.giveBack();
        dict.close();
    }

    /** Ends the queue for all; whoever waits is told by a {@code DestroyedException}. */
    public void destroy() {
        dict.destroy();
    }

    @Override
    public String toString() {
        return "queue " + handle;
    }

    void acknowledge(Taken<E> taken) {
        queue.acknowledge(taken.number());
    }

    void giveBack(Taken<E> taken) {
        queue.giveBack(taken.number());
    }

    /**
     * An item that this process has and has not acknowledged.
     *
     * @param <E> type of the item
     */
    public static final class Received<E> {
        private final DQueue<E> queue;
        private final Taken<E> taken;

        Received(DQueue<E> queue, Taken<E> taken) {
            this.queue = queue;
            this.taken = taken;
        }

        /** The item. */
        public E item() {
            return taken.item();
        }

        /** How often it was received before, by a process that died or gave it back. */
        public int times() {
            return taken.times();
        }

        /** It is done, and gone. */
        public void acknowledge() {
            queue.acknowledge(taken);
        }

        /** It is not done: it goes back to its place, for whoever comes next. */
        public void giveBack() {
            queue.giveBack(taken);
        }
    }

    /**
     * What a new queue is like. For one thread.
     *
     * @param <E> type of the items
     */
    public static final class Builder<E> {
        private long capacity = SharedQueue.UNBOUNDED;
        private ByteSize memory = MEMORY;
        private boolean joinable;

        private Builder() {}

        /** Most items that wait; without it memory is the only bound. */
        public Builder<E> capacity(int most) {
            if (most < 1) {
                throw new IllegalArgumentException("capacity below 1: capacity=" + most);
            }
            capacity = most;
            return this;
        }

        /** Memory for the items, 64 MiB if nothing is said. */
        public Builder<E> memory(ByteSize size) {
            memory = size;
            return this;
        }

        /** Whether {@link DQueue#taskDone} and {@link DQueue#join} work; each put costs more then. */
        public Builder<E> joinable(boolean counts) {
            joinable = counts;
            return this;
        }

        /**
         * Makes it, in the cluster that this program belongs to.
         *
         * @throws io.ddict.client.DDictException if there is not enough shared memory
         */
        public DQueue<E> create() {
            DDictConfig config = DDictConfig.builder()
                    .name("queue-" + SyncSpace.newName())
                    .totalMemory(memory)
                    .build();
            return new DQueue<>(DDict.create(config), capacity, joinable);
        }
    }
}
