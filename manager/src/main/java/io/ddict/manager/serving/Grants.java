package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.Status;
import java.util.function.LongConsumer;
import org.agrona.collections.Int2ObjectHashMap;

/*
 * No successor repeats what came before a grant: a block may have been another operation's a moment ago,
 * and repeated, that operation would free it, or store it, while the one it is given to writes into it.
 */

/** The blocks that clients are given to write large values into. Owned by the agent's thread. */
final class Grants {
    private final MemoryPool pool;
    private final PoolStatus status;
    private final Int2ObjectHashMap<Link> links;
    private final Upkeep upkeep;
    private final LongConsumer forgetBefore;
    private final Answerer answerer;

    Grants(
            MemoryPool pool,
            Int2ObjectHashMap<Link> links,
            Upkeep upkeep,
            LongConsumer forgetBefore,
            Answerer answerer) {
        this.pool = pool;
        this.status = pool.mapped().status();
        this.links = links;
        this.upkeep = upkeep;
        this.forgetBefore = forgetBefore;
        this.answerer = answerer;
    }

    /** Answers a request for a block. */
    void grant(Link link, Operation operation) {
        int pages =
                (int) ((operation.valueLength() + PoolGeometry.PAGE_LENGTH - 1)
                        / PoolGeometry.PAGE_LENGTH);
        int page = pages <= 0 ? MemoryPool.NO_BLOCK : pool.grantBlock(pages);
        if (page == MemoryPool.NO_BLOCK && takeBackOffers() > 0) {
            page = pool.grantBlock(pages);
        }
        if (page == MemoryPool.NO_BLOCK && pages > 0 && pool.hasDeferredFrees()) {
            upkeep.endBatch();
            page = pool.grantBlock(pages);
        }
        while (page == MemoryPool.NO_BLOCK
                && pages > 0
                && pool.hasPages(pages)
                && upkeep.compactFor(pages)) {
            page = pool.grantBlock(pages);
        }
        if (page != MemoryPool.NO_BLOCK && !link.grant(page, pages)) {
            pool.freeBlock(page, pages);
            page = MemoryPool.NO_BLOCK;
        }
        if (page == MemoryPool.NO_BLOCK && pool.spill() != null && !pool.hasPages(pages)) {
            // Whoever is refused sees that more is to come, and asks again.
            pool.spill().want(pages);
        }
        if (page == MemoryPool.NO_BLOCK) {
            pool.coming().refusing(pages);
            status.count(PoolCounter.GRANTS_REFUSED, 1);
            answerer.answer(link, Status.FULL, pool.freeBytes(), pool.largestFreeBytes());
            return;
        }
        status.count(PoolCounter.GRANTS, 1);
        if (!link.answer(
                Operation.GRANT, operation.correlation(), Status.OK, page, pages)) {
            link.endGrant(page);
            pool.freeBlock(page, pages);
        }
    }

    /** Offers the next block: a client that put one of a size will likely put more. */
    void offerAnother(Link link, int pages, long position) {
        if (pool.hasPagesToSpare(pages) && link.hasRoomForOffer()) {
            forgetBefore.accept(position + 1);
            int page = pool.grantBlock(pages);
            if (page != MemoryPool.NO_BLOCK) {
                if (link.offer(page, pages)) {
                    status.count(PoolCounter.GRANTS, 1);
                } else {
                    pool.freeBlock(page, pages);
                }
            }
        }
    }

    /** Takes back the blocks that were offered ahead and not taken; returns how many. */
    int takeBackOffers() {
        int count = 0;
        for (Link each : links.values()) {
            count += each.takeBackOffers(pool);
        }
        status.count(PoolCounter.GRANTS_TAKEN_BACK, count);
        return count;
    }

    /** Takes back a block that its client has no use for. */
    void takeBack(Link link, Operation operation) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        if (pages > 0) {
            pool.freeBlock(page, pages);
        }
    }

    /** Refuses an operation whose block its client does not hold, or not as much of it. */
    void drop(Link link, int page, int pages) {
        status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        if (pages > 0) {
            pool.freeBlock(page, pages);
        }
        answerer.answer(link, Status.MALFORMED, 0, 0);
    }
}
