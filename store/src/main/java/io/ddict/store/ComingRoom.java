package io.ddict.store;

import io.ddict.store.pool.PoolStatus;
import java.util.concurrent.TimeUnit;

/*
 * What was given up but is still under a reader's eyes, or lent to another manager, comes back in a moment: a
 * reader may just not have been running. Who is refused for want of memory meanwhile is told, and asks again.
 *
 * When readers are done is known. When borrowers are is not: they may keep what they have. So what the lender
 * gave up is expected for a while only.
 */

/** Tells clients whether memory comes back by itself as others are done with it. The manager's thread. */
public final class ComingRoom {
    private static final long COMES_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MemoryPool pool;
    private final PoolStatus status;
    private final DeferredFrees frees;
    private long lentNs = System.nanoTime() - COMES_NS;

    ComingRoom(MemoryPool pool, DeferredFrees frees) {
        this.pool = pool;
        this.status = pool.mapped().status();
        this.frees = frees;
    }

    /** Before something is refused for want of memory: tells of what readers still see. */
    public void refusing() {
        if (pool.spill() == null && !frees.isEmpty()) {
            tell();
        }
    }

    /** The same before a block of so many pages is refused. */
    public void refusing(int pages) {
        if (pool.hasPages(pages - frees.pagesAtMost())) {
            refusing();
        }
    }

    /**
     * Whether readers who come now cannot be told from those who see what was given up last: as long as they
     * come, and nothing is applied, it does not come back.
     *
     * @param applied the applied position
     */
    public boolean needsSeal(long applied) {
        boolean isAwaited = pool.spill() != null || status.comesFromOthers();
        return isAwaited && !frees.isEmpty() && frees.highestPosition() >= applied;
    }

    /** Tells that a lender has given up what others still have. */
    void expectLent() {
        lentNs = System.nanoTime();
        tell();
    }

    /** Tells that something has come back that was lent. Any thread. */
    void tell() {
        status.publishComing(PoolStatus.COMES_FROM_OTHERS);
    }

    /** After what came back was given to the allocators: tells when no more comes. */
    void look() {
        if (status.comesFromOthers()
                && frees.isEmpty()
                && System.nanoTime() - lentNs > COMES_NS
                && !pool.loans().haveEnded()) {
            status.publishReturn();
            status.publishComing(PoolStatus.COMES_NOTHING);
            if (pool.loans().haveEnded()) {
                tell();
            }
        }
    }
}
