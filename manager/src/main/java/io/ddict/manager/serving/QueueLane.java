package io.ddict.manager.serving;

import io.ddict.store.pool.Lane;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.QueueAnswer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/*
 * Opened for one who puts, when it asks, and later for one who takes: when that has all that came by the
 * ring. Closed as soon as anybody else has to do with the queue. What lies in it then stays where it is until
 * it is ended. It is never opened again: whoever was stopped in the middle of it may read it for as long as
 * he likes.
 */

/** A lane of one queue, as its manager sees it. Owned by the agent's thread. */
final class QueueLane {
    private static final int LENGTH_MIN = 1 << 18;
    private static final int LENGTH_MAX = 1 << 23;

    private static final int WORTH = 4;

    // It is to hold so many of the items that it is made for, in so small a part of the memory.
    private static final int ITEMS = 8;
    private static final int SHARE = 16;

    private final MappedPool pool;
    private final Arena arena;
    private final Lane lane;
    private final int id;
    private final Link producer;
    private final Link consumer;
    private boolean isOpen;
    private boolean isShared;
    private long numbers;
    private int unended;

    private QueueLane(MappedPool pool, int id, int length, Link producer, Link consumer)
            throws IOException {
        this.pool = pool;
        this.id = id;
        this.producer = producer;
        this.consumer = consumer;
        this.arena = Arena.ofShared();
        try {
            this.lane = pool.createLane(id, length, arena);
        } catch (IOException e) {
            remove();
            throw e;
        }
    }

    /** Makes one for items of a length; null if they are too long, or there is no room for its file. */
    static @Nullable QueueLane make(
            MappedPool pool, int id, long valueLength, Link producer, Link consumer) {
        int length = length(valueLength, pool.geometry().dataLength());
        if (length == 0) {
            return null;
        }
        try {
            return new QueueLane(pool, id, length, producer, consumer);
        } catch (IOException e) {
            // Shared memory is full: all goes by the ring.
            return null;
        }
    }

    private static int length(long valueLength, long dataLength) {
        long most = Math.min(LENGTH_MAX, Long.highestOneBit(Math.max(1, dataLength / SHARE)));
        long wanted = Math.max(LENGTH_MIN, ITEMS * Lane.lengthOf(valueLength));
        return Lane.lengthOf(valueLength) > most / 2
                ? 0
                : (int) Math.min(most, Long.highestOneBit(2 * wanted - 1));
    }

    int id() {
        return id;
    }

    /** Whether it is closed, and all that was in it has ended. */
    boolean isEnded() {
        return !isOpen && unended == 0;
    }

    /** Opens it to put into, once. */
    void open(long queue, long capacity) {
        isOpen = true;
        consumer.hasLane(true);
        lane.open(queue, capacity);
    }

    boolean isOpen() {
        return isOpen;
    }

    /** Whether a link puts into it or takes from it. */
    boolean isOf(Link link) {
        return link == producer || link == consumer;
    }

    boolean isTakenFromBy(Link link) {
        return link == consumer;
    }

    /** Whether who put into it does so no more: the next item comes by the ring. */
    boolean isLeft() {
        return Lane.isClosed(lane.tail());
    }

    /** How many items are in it, while it is open. */
    int waiting() {
        return isOpen ? Lane.items(lane.head(), lane.tail()) : 0;
    }

    /** Whether much was put into it since it was opened, for one that was opened after so many offers. */
    boolean wasWorth(int offers) {
        long tail = lane.tail();
        return Lane.items(0, tail) >= WORTH * offers
                || Lane.bytes(0, tail) >= WORTH * lane.length();
    }

    /** Whether there is something in it that its taker cannot see yet. */
    boolean isUnseen() {
        return !isShared && waiting() > 0;
    }

    /** Lets the taker take from it; whether it could not before. */
    boolean share(long capacity) {
        if (isShared) {
            return false;
        }
        isShared = true;
        lane.capacity(capacity);
        lane.openHead();
        consumer.region().putLongRelease(LinkLayout.LANE_OFFSET, id);
        return true;
    }

    /** Has the taker woken by whoever puts next; false if there is something to take. */
    boolean await() {
        return lane.await();
    }

    /** Closes it; the consumer is told the frame of each item in it, which is to be ended. */
    void close(LongConsumer frames) {
        lane.close();
        isOpen = false;
        consumer.hasLane(false);
        consumer.region().putLongRelease(LinkLayout.LANE_OFFSET, 0);
        long head = lane.head();
        long tail = lane.tail();
        long frame = lane.first(head, tail);
        while (frame != Lane.NONE) {
            unended++;
            frames.accept(frame);
            head = lane.after(head, frame);
            frame = lane.first(head, tail);
        }
        removeIfEnded();
    }

    /** A number for the next item. */
    long nextNumber() {
        return QueueAnswer.numberInLane(id, ++numbers);
    }

    /** An item has ended. */
    void ended() {
        unended--;
        removeIfEnded();
    }

    private void removeIfEnded() {
        if (isEnded()) {
            remove();
        }
    }

    /** Removes it, whatever is in it. */
    void remove() {
        try {
            pool.deleteLane(id);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
