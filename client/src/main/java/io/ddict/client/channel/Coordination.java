package io.ddict.client.channel;

import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.Codec;
import io.ddict.store.pool.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Calls by which processes wait for each other: integers that stay within bounds, and queues. Safe from
 * any thread. For dictionaries that hold one checkpoint; what they throw is what {@code DDict} documents.
 *
 * <p>The call's key is that of the integer, or {@code Operation.QUEUE_KEY_LENGTH} bytes that begin with
 * the queue's id and end with 0.
 */
public interface Coordination {
    /** A queue that is never full, but for memory. */
    long UNBOUNDED = 0;

    /** What {@link #addWithin} returns if it did nothing. */
    long NOT_ADDED = Long.MIN_VALUE;

    /**
     * Adds to an integer, 0 if absent, as soon as the sum is within bounds; those that add go in the order
     * they came, and so do those that subtract.
     *
     * @param delta to add; with 0 it only waits
     * @param min least sum
     * @param max greatest sum
     * @param atEnd what the manager adds when this process's link has ended; adds up over calls
     * @param waits whether to wait, up to the call's timeout
     * @return the value before; {@link #NOT_ADDED} if it does not wait, and would have to
     * @throws io.ddict.client.DDictTimeoutException if the time is over; nothing was added then, unless
     *     the manager does not answer at all
     */
    long addWithin(
            CallContext call, long delta, long min, long max, long atEnd, boolean waits);

    /** As the other, without waiting for anything; the sum must be within bounds for sure. */
    void postAdd(CallContext call, long delta, long atEnd);

    /**
     * Appends an item to a queue.
     *
     * @param capacity most items that wait in the queue, or {@link #UNBOUNDED}; all who offer say the same
     * @param waits whether to wait for room, up to the call's timeout
     * @return whether it was appended; if it waits it always was
     * @throws io.ddict.client.DDictTimeoutException if the time is over; it was not appended then, unless
     *     the manager does not answer at all
     */
    <T> boolean offer(CallContext call, Codec<T> codec, T value, long capacity, boolean waits);

    /**
     * Appends an item to a queue without waiting for an answer. It enters as soon as there is room, after
     * those that were appended before.
     */
    <T> void postOffer(CallContext call, Codec<T> codec, T value, long capacity);

    /**
     * Hands an item over to the one process that takes, without the manager, if there is a lane to it that
     * has room; after all that this process put before. Asks for a lane where one would be good.
     *
     * @param queue the queue's id
     * @param waitNs how long to wait for room at most; it is brief anyway
     * @return whether it did; if not, it is to be offered
     */
    <T> boolean putInLane(CallContext call, long queue, Codec<T> codec, T value, long waitNs);

    /**
     * Takes for good the next item of the lane that this process takes from, if there is one.
     *
     * @param queue the queue's id
     * @param waits whether to wait for an item for a moment
     * @return null if there is no item, or no lane; then it is to be taken
     */
    @Nullable Object takeFromLane(
            CallContext call, long queue, boolean waits, ValueReader values);

    /**
     * Takes items of a queue: waits until there is one, and then takes it, or more of those that are there
     * if no other process takes.
     *
     * @param most greatest number of items
     * @param waits whether to wait, up to the call's timeout
     * @return what was taken; none if there are none, or if they are in the lane
     */
    TakenItem[] take(
            CallContext call, int most, Taking taking, boolean waits, ValueReader values);

    /** How items are taken. */
    enum Taking {
        /** In their order. */
        IN_ORDER(0),
        /** Also several where others take too, who then get earlier items later. */
        UNORDERED(Operation.UNORDERED),
        /** In their order, by who looks into the lane first, and again when nothing was taken. */
        BESIDE_LANE(Operation.LANES);

        private final long bit;

        Taking(long bit) {
            this.bit = bit;
        }

        /** As it is told the manager. */
        public long bit() {
            return bit;
        }
    }

    /** Ends an item in some way, posted and not waited for. */
    void acknowledge(CallContext call, long number, Outcome outcome);

    /**
     * Tells which item this process works on: if it dies, that one counts as taken, and others that it
     * has do not.
     */
    void worksOn(long number);

    /** What became of an item that was taken. */
    enum Outcome {
        /** It was used, and is gone. */
        USED,
        /** It goes back to its old place, and counts as taken once more. */
        RETURNED,
        /** It goes back to its old place, as if it had not been taken. */
        UNUSED
    }

    /** How many items of a queue wait. */
    long waiting(CallContext call);

    /** Ends a queue with the items that wait in it. */
    void drop(CallContext call);

    /**
     * An item that was taken and is to be acknowledged.
     *
     * @param number its number, which grows in each queue
     * @param times how often it was taken before, by somebody who has ended or gave it back
     * @param value decoded; null if somebody removed it behind the queue's back
     */
    record TakenItem(long number, int times, @Nullable Object value) {}
}
