package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.Coordination.Outcome;
import io.ddict.client.channel.Coordination.TakenItem;
import io.ddict.client.channel.Coordination.Taking;
import io.ddict.client.codec.Codec;
import io.ddict.store.pool.Operation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a dictionary, for all processes that know its id: first in, first out, for as many who put
 * and take as there are. The dictionary holds one checkpoint, and has no other entries than such queues,
 * whose items are entries of it. Safe from any thread.
 *
 * <p>What is taken is to be acknowledged. If its taker ends before, it goes back to its old place, and is
 * given to the next one, who is told that it was given before.
 *
 * @param <E> type of the items
 */
public final class SharedQueue<E> {
    /** No limit but the dictionary's memory. */
    public static final long UNBOUNDED = Coordination.UNBOUNDED;

    private final OpenDictionary open;
    private final byte[] key = new byte[Operation.QUEUE_KEY_LENGTH];
    private final long id;
    private final long capacity;

    private SharedQueue(OpenDictionary open, long id, long capacity) {
        this.open = open;
        this.id = id;
        this.capacity = capacity;
        MemorySegment.ofArray(key).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, id);
    }

    /**
     * The queue of an id; it need not have been there before.
     *
     * @param capacity most items that wait, or {@link #UNBOUNDED}; the same in every process
     */
    public static <E> SharedQueue<E> of(DDict<?, ?> dict, long id, long capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("negative capacity: capacity=" + capacity);
        }
        return new SharedQueue<>(ShardedDDict.open(dict), id, capacity);
    }

    /**
     * Appends an item, waiting for room.
     *
     * @throws DDictTimeoutException if the time is over; it was not appended
     * @throws DDictFullException if the dictionary's memory is full
     * @throws InterruptedException if the thread was interrupted; it was not appended
     */
    public void put(E item, Duration timeout) throws InterruptedException {
        Codec<E> codec = open.codecs().forValue(item);
        CallContext call = start(timeout);
        try {
            boolean _ = coordination(call).offer(call, codec, item, capacity, true);
        } catch (DDictTimeoutException e) {
            throw SharedCounter.ofInterrupt(e);
        }
    }

    /** Appends an item if there is room now; whether it did. */
    public boolean offer(E item) {
        Codec<E> codec = open.codecs().forValue(item);
        CallContext call = start(open.timeout());
        return coordination(call).offer(call, codec, item, capacity, false);
    }

    /**
     * Appends an item without waiting for an answer. If the queue is full it enters as soon as there is
     * room, in its turn.
     *
     * @throws DDictFullException if the dictionary's memory is full
     */
    public void post(E item) {
        Codec<E> codec = open.codecs().forValue(item);
        CallContext call = start(open.timeout());
        coordination(call).postOffer(call, codec, item, capacity);
    }

    /**
     * Takes items: waits until there is one. A process that has been the only one to take for a while is
     * given more at a time, of those that are there.
     *
     * @param most greatest number of items
     * @param timeout {@link Duration#ZERO} does not wait
     * @return none if there were none in time
     * @throws InterruptedException if the thread was interrupted; nothing was taken
     */
    public List<Taken<E>> take(int most, Duration timeout) throws InterruptedException {
        return take(most, Taking.IN_ORDER, timeout);
    }

    /** As {@link #take}, for whoever does not mind in which order items come to whom. */
    public List<Taken<E>> takeUnordered(int most, Duration timeout) throws InterruptedException {
        return take(most, Taking.UNORDERED, timeout);
    }

    /**
     * As {@link #take}, for whoever takes for good, and so could take from a lane: to be called when {@link
     * #takeFromLane} had nothing. It may return none before the time is over, if there is something in the
     * lane by now.
     */
    public List<Taken<E>> takeBesideLane(int most, Duration timeout) throws InterruptedException {
        return take(most, Taking.BESIDE_LANE, timeout);
    }

    /**
     * Hands an item over to the process that takes, without the manager in between, if there is a lane: where
     * one process of this node has been the only one to put for a while, and one the only one to take for
     * good, by {@link #takeFromLane}. Its order is that of a put. Where there is none and one would be good,
     * asks for one, which takes as long as a put that waits.
     *
     * @param most how long to wait for room; it is some 50 ms at most anyway
     * @return whether it did; if not, it is to be put
     */
    public boolean putInLane(E item, Duration most) {
        Codec<E> codec = open.codecs().forValue(item);
        CallContext call = start(open.timeout());
        return coordination(call)
                .putInLane(call, id, codec, item, ShardedDDict.nanoseconds(most));
    }

    /**
     * Takes the next item for good, without the manager in between, if this process takes from a lane and
     * there is one in it. What a process took is gone with it.
     *
     * @param waits whether to wait for an item for a moment
     * @return null if there is none; then it is to be taken by {@link #takeBesideLane}
     * @throws InterruptedException if the thread was interrupted; nothing was taken
     */
    @SuppressWarnings("unchecked") // What was put is of this type, as the type of the handle says.
    public @Nullable E takeFromLane(boolean waits) throws InterruptedException {
        CallContext call = start(open.timeout());
        try {
            return (E) coordination(call).takeFromLane(call, id, waits, open.values());
        } catch (DDictTimeoutException e) {
            throw SharedCounter.ofInterrupt(e);
        }
    }

    private List<Taken<E>> take(int most, Taking taking, Duration timeout)
            throws InterruptedException {
        boolean waits = !timeout.isZero();
        CallContext call = start(waits ? timeout : open.timeout());
        try {
            return decoded(coordination(call).take(call, most, taking, waits, open.values()));
        } catch (DDictTimeoutException e) {
            DDictTimeoutException timeOver = SharedCounter.ofInterrupt(e);
            if (!waits) {
                throw timeOver;
            }
            return List.of();
        }
    }

    @SuppressWarnings("unchecked") // What was put is of this type, as the type of the handle says.
    private List<Taken<E>> decoded(TakenItem[] items) {
        List<Taken<E>> taken = new ArrayList<>(items.length);
        for (TakenItem each : items) {
            if (each.value() == null) {
                acknowledge(each.number());
            } else {
                taken.add(new Taken<>(each.number(), each.times(), (E) each.value()));
            }
        }
        return taken;
    }

    /** Ends an item that was taken. */
    public void acknowledge(long number) {
        end(number, Outcome.USED);
    }

    /** Gives an item back that was taken, to its old place; it counts as taken once more. */
    public void giveBack(long number) {
        end(number, Outcome.RETURNED);
    }

    /** Gives an item back that was taken, to its old place, as if it had not been. */
    public void giveBackUnused(long number) {
        end(number, Outcome.UNUSED);
    }

    private void end(long number, Outcome outcome) {
        CallContext call = start(open.timeout());
        coordination(call).acknowledge(call, number, outcome);
    }

    /**
     * Tells which item this process works on, of all queues of this attachment: if the process dies, that
     * one counts as taken, and others that it has do not. Until something is told all do.
     */
    public void worksOn(long number) {
        coordination(start(open.timeout())).worksOn(number);
    }

    /** How many items wait; those that were taken do not. */
    public long size() {
        CallContext call = start(open.timeout());
        return coordination(call).waiting(call);
    }

    /** Ends the queue and what waits in it; who waits for it is told by a {@link DestroyedException}. */
    public void destroy() {
        CallContext call = start(open.timeout());
        coordination(call).drop(call);
    }

    private CallContext start(Duration timeout) {
        CallContext call = open.start(key, ShardedDDict.nanoseconds(timeout));
        call.deadline().waitForOthers();
        return call;
    }

    private Coordination coordination(CallContext call) {
        return open.channel(call).coordination();
    }

    /**
     * An item that was taken.
     *
     * @param number to acknowledge it by
     * @param times how often it was taken before, by somebody who has ended or gave it back
     */
    public record Taken<E>(long number, int times, E item) {}
}
