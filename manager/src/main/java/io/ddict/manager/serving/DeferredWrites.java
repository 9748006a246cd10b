package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/*
 * Writes beyond the newest checkpoint, where the working set may not move on yet. Each is a request
 * that its caller waits for. When the working set can move, a write gets a position of its own, that of
 * a SEAL posted for it, and is applied when that is reached: so versions go on to grow, and a successor
 * finds nothing that it would have to know of.
 */

/** The deferred writes of one manager, in the order they came. Owned by the agent's thread. */
final class DeferredWrites {
    private final MemoryPool pool;
    private final PoolStatus status;
    private final List<DeferredWrite> writes = new ArrayList<>();

    DeferredWrites(MemoryPool pool) {
        this.pool = pool;
        this.status = pool.mapped().status();
        status.publishDeferredWrites(0);
    }

    boolean isEmpty() {
        return writes.isEmpty();
    }

    /** Whether a link has as many as a client can wait for. */
    boolean isFullOf(Link link) {
        return writes.stream().filter(each -> each.isOf(link, 0)).count()
                >= LinkLayout.REQUESTS_MAX;
    }

    /** Whether one waits for a checkpoint up to another. */
    boolean hasUpTo(long checkpoint) {
        for (DeferredWrite each : writes) {
            if (each.checkpoint() <= checkpoint) {
                return true;
            }
        }
        return false;
    }

    void add(DeferredWrite write) {
        writes.add(write);
        status.count(PoolCounter.WRITES_DEFERRED, 1);
        status.publishDeferredWrites(writes.size());
    }

    /** Posts a SEAL for each that may be applied now. */
    void sealReady(boolean canAdvance, LongSupplier seal) {
        for (DeferredWrite each : writes) {
            boolean isReady = canAdvance || each.checkpoint() <= pool.checkpoints().newest();
            if (isReady && !each.isSealed()) {
                long position = seal.getAsLong();
                if (position < 0) {
                    return;
                }
                each.seal(position);
            }
        }
    }

    /** The one whose turn is at a position, or null. */
    @Nullable DeferredWrite at(long position) {
        for (DeferredWrite each : writes) {
            if (each.isSealedAt(position)) {
                return each;
            }
        }
        return null;
    }

    /** Forgets one that was applied or refused. */
    void remove(DeferredWrite write) {
        writes.remove(write);
        status.publishDeferredWrites(writes.size());
    }

    /** Forgets one request of a link, or with correlation 0 all of them, and frees their blocks. */
    void cancel(Link link, long correlation) {
        for (Iterator<DeferredWrite> each = writes.iterator(); each.hasNext();) {
            DeferredWrite write = each.next();
            if (write.isOf(link, correlation)) {
                int pages = write.page() == 0 ? 0 : link.endGrant(write.page());
                if (pages > 0) {
                    pool.freeBlock(write.page(), pages);
                }
                each.remove();
            }
        }
        status.publishDeferredWrites(writes.size());
    }
}
