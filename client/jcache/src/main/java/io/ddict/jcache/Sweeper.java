package io.ddict.jcache;

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * Entries that have expired and that nobody asks for would fill the memory. So those who store what
 * expires sweep: for each of a few such entries a process looks at two of all entries, in place. A
 * round through all of them then takes half as many stores as there are entries, so that at most
 * about half of what lies there has expired. Each sweep is short, as it is part of somebody's call;
 * and it is part of a call, as a thread of its own could not hold back those who store faster than
 * it removes. A cache that nobody stores to does not grow, and is not swept; one that is full is,
 * before a store is refused.
 */

/** Removes expired entries that nobody asks for. Safe from any thread. */
final class Sweeper {
    /** Stores of entries that expire, between sweeps. */
    static final int STORES_BETWEEN_SWEEPS = 8;

    /** Entries that a sweep looks at. */
    static final int LOOKS_PER_SWEEP = 2 * STORES_BETWEEN_SWEEPS;

    /** Entries that a sweep removes at most where a store had no room. */
    static final int REMOVALS_IF_FULL_MAX = 1_000;

    /** How long there is no such sweep after one that found nothing. */
    static final long PAUSE_MS = 1_000;

    private final CacheDictionary dictionary;
    private final Remover remover;
    private final AtomicLong pausedUntilMs = new AtomicLong();
    private final AtomicInteger stores = new AtomicInteger();
    private final ReentrantLock sweeping = new ReentrantLock();
    // Where the next sweep goes on; guarded by the lock.
    private @Nullable Iterator<byte[]> keys;

    /** Removes an entry if it has expired; says whether it did. */
    @FunctionalInterface
    interface Remover {
        boolean removeIfExpired(byte[] key, long nowMs);
    }

    Sweeper(CacheDictionary dictionary, Remover remover) {
        this.dictionary = dictionary;
        this.remover = remover;
    }

    /** Says that this was stored. */
    void expires(StoredValue stored) {
        if (stored.expiryMs() != StoredValue.EXPIRES_NEVER) {
            stores.incrementAndGet();
        }
    }

    /** Looks at the next few entries if enough was stored; leaves it to another thread that is at it. */
    void sweepIfDue(long nowMs) {
        if (stores.get() < STORES_BETWEEN_SWEEPS || sweeping.isHeldByCurrentThread()
                || !sweeping.tryLock()) {
            return;
        }
        try {
            stores.set(0);
            sweep(nowMs);
        } finally {
            sweeping.unlock();
        }
    }

    private void sweep(long nowMs) {
        Iterator<byte[]> from = keys == null ? dictionary.keys() : keys;
        int looks = 0;
        while (looks < LOOKS_PER_SWEEP && from.hasNext()) {
            removeIfExpired(from.next(), nowMs);
            looks++;
        }
        keys = looks < LOOKS_PER_SWEEP ? null : from;
    }

    /**
     * Removes what has expired, but no more than makes room; looks at all entries to find it,
     * unless there was none just now. Says whether it removed any.
     */
    boolean sweepIfFull(long nowMs) {
        if (nowMs < pausedUntilMs.get()) {
            return false;
        }
        int removed = 0;
        Iterator<byte[]> all = dictionary.keys();
        while (removed < REMOVALS_IF_FULL_MAX && all.hasNext()) {
            removed += removeIfExpired(all.next(), nowMs) ? 1 : 0;
        }
        if (removed == 0) {
            pausedUntilMs.set(nowMs + PAUSE_MS);
        }
        return removed > 0;
    }

    // Most have not, which is seen without a copy.
    private boolean removeIfExpired(byte[] key, long nowMs) {
        Long expiryMs = dictionary.expiryMs(key);
        return expiryMs != null && expiryMs <= nowMs && remover.removeIfExpired(key, nowMs);
    }
}
