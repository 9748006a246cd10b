package io.ddict.manager.serving;

import io.ddict.store.HeldCheckpoints;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/*
 * Reads that wait for a key to come to their checkpoint, or for writes that are deferred for it. They are
 * looked at after each write of their key's hash, and all of them when the working set moved on, a
 * deferred write was applied or given up, or all keys were removed.
 */

/** The deferred reads of one manager. Owned by the agent's thread. */
final class KeyWaiters {
    private final MemoryPool pool;
    private final HeldCheckpoints checkpoints;
    private final DeferredWrites deferred;
    private final Long2ObjectHashMap<List<KeyWaiter>> byHash = new Long2ObjectHashMap<>();
    private int count;

    KeyWaiters(MemoryPool pool, DeferredWrites deferred) {
        this.pool = pool;
        this.checkpoints = pool.checkpoints();
        this.deferred = deferred;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Answers a request at once, or keeps it until it can be answered. */
    void add(Link link, Operation operation) {
        MemorySegment key = MemorySegment.ofArray(new long[(operation.keyLength() + 7) / 8]);
        MemorySegment.copy(
                operation.region().readOnlySegment(),
                operation.keyOffset(),
                key,
                0,
                operation.keyLength());
        KeyWaiter waiter =
                new KeyWaiter(
                        link,
                        operation.correlation(),
                        operation.hash(),
                        operation.keyTag(),
                        new MemoryRegion(key),
                        operation.keyLength(),
                        operation.checkpoint());
        if (!answer(waiter)) {
            byHash.computeIfAbsent(waiter.hash, any -> new ArrayList<>()).add(waiter);
            count++;
        }
    }

    /** Answers those of a hash that wait no longer. */
    void onWrite(long hash) {
        List<KeyWaiter> waiters = byHash.get(hash);
        if (waiters != null) {
            count -= waiters.size();
            waiters.removeIf(this::answer);
            count += waiters.size();
            if (waiters.isEmpty()) {
                byHash.remove(hash);
            }
        }
    }

    /** Answers all that wait no longer. */
    void onChange() {
        remove(null, 0);
    }

    /** Forgets one request of a link, or with correlation 0 all of them. */
    void cancel(Link link, long correlation) {
        remove(link, correlation);
    }

    private void remove(@Nullable Link link, long correlation) {
        for (Iterator<List<KeyWaiter>> lists = byHash.values().iterator(); lists.hasNext();) {
            List<KeyWaiter> waiters = lists.next();
            count -= waiters.size();
            waiters.removeIf(
                    each -> link == null ? answer(each) : each.isOf(link, correlation));
            count += waiters.size();
            if (waiters.isEmpty()) {
                lists.remove();
            }
        }
    }

    private boolean answer(KeyWaiter waiter) {
        Status outcome = outcome(waiter);
        if (outcome != null) {
            boolean _ = waiter.link.answer(
                    Operation.AWAIT_KEY, waiter.correlation, outcome, 0, 0);
        }
        return outcome != null;
    }

    private @Nullable Status outcome(KeyWaiter waiter) {
        if (waiter.checkpoint < checkpoints.oldest()) {
            return Status.RETIRED;
        }
        if (waiter.checkpoint > checkpoints.newest() && deferred.hasUpTo(waiter.checkpoint)) {
            return null;
        }
        int root = pool.find(waiter.hash, waiter.keyTag, waiter.key, 0, waiter.keyLength);
        int _ = checkpoints.aim(root, waiter.checkpoint, false);
        return checkpoints.isAwaited() ? null : Status.OK;
    }

    private record KeyWaiter(
            Link link,
            long correlation,
            long hash,
            byte keyTag,
            MemoryRegion key,
            int keyLength,
            long checkpoint) {
        boolean isOf(Link other, long otherCorrelation) {
            return link == other && (otherCorrelation == 0 || otherCorrelation == correlation);
        }
    }
}
