package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Coordination;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * A 64-bit integer of a dictionary by which processes wait for each other: what locks, semaphores, events
 * and barriers are made of. It is the value of a key, 0 while the key is absent, and other calls on the
 * key see it as a {@code Long}. The dictionary holds one checkpoint. Safe from any thread.
 *
 * <p>Waiting is the manager's: whoever waits is answered when somebody's write lets it go on. Calls that
 * add go in the order they came, and so do calls that subtract.
 */
public final class SharedCounter {
    private final OpenDictionary open;
    private final Object key;

    private SharedCounter(OpenDictionary open, Object key) {
        this.open = open;
        this.key = key;
    }

    /** The integer of a key. */
    public static <K> SharedCounter of(DDict<K, ?> dict, K key) {
        return new SharedCounter(ShardedDDict.open(dict), key);
    }

    /**
     * Adds as soon as the sum is within bounds, both inclusive.
     *
     * @param delta to add; 0 only waits
     * @param atEnd what is added when this process has ended, for the sum of all such calls: a process
     *     that takes with {@code (-1, …, 1)} and gives back with {@code (1, …, -1)} holds nothing after
     *     its death
     * @return the value before
     * @throws DDictTimeoutException if the time is over; nothing was added
     * @throws InterruptedException if the thread was interrupted; nothing was added
     * @throws DDictException with status TYPE if the value is no {@code Long}
     */
    public long addWithin(long delta, long min, long max, long atEnd, Duration timeout)
            throws InterruptedException {
        CallContext call = start(timeout);
        try {
            return coordination(call).addWithin(call, delta, min, max, atEnd, true);
        } catch (DDictTimeoutException e) {
            throw ofInterrupt(e);
        }
    }

    /** As the other, without waiting; empty if it did nothing. */
    public OptionalLong tryAddWithin(long delta, long min, long max, long atEnd) {
        CallContext call = start(open.timeout());
        long before = coordination(call).addWithin(call, delta, min, max, atEnd, false);
        return before == Coordination.NOT_ADDED ? OptionalLong.empty() : OptionalLong.of(before);
    }

    /** Adds, without waiting for an answer. */
    public void add(long delta, long atEnd) {
        CallContext call = start(open.timeout());
        coordination(call).postAdd(call, delta, atEnd);
    }

    /** The value now. */
    public long get() {
        CallContext call = start(open.timeout());
        Object value = open.channel(call).get(call, open.values());
        return value instanceof Long number ? number : 0;
    }

    private CallContext start(Duration timeout) {
        CallContext call = open.start(key, ShardedDDict.nanoseconds(timeout));
        call.deadline().waitForOthers();
        return call;
    }

    private Coordination coordination(CallContext call) {
        return open.channel(call).coordination();
    }

    /** Throws that the thread was interrupted, if it was; else gives the error back. */
    static DDictTimeoutException ofInterrupt(DDictTimeoutException error)
            throws InterruptedException {
        if (Thread.interrupted()) {
            InterruptedException interrupted = new InterruptedException(error.getMessage());
            interrupted.initCause(error);
            throw interrupted;
        }
        return error;
    }
}
