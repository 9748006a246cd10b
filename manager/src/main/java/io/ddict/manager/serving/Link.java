package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LatencyHistogram;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Status;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.function.Consumer;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/*
 * A client as its manager sees it: the shared file, the blocks granted and not yet posted, and the
 * ring of answers. An answer is four longs: correlation, status, and two results.
 *
 * A granted block is noted in the shared file before its client hears of it. Clients outlive their
 * managers, and one that was stopped may write into its blocks at any later time: so a successor
 * leaves to each client what it holds, until the client is dead.
 */

/** One client's link, on the manager's side. Owned by the agent's thread. */
final class Link {
    private static final int ANSWER_LENGTH = 4 * Long.BYTES;
    private static final int NOT_GRANTED = -1;

    private final int id;
    private final Arena arena;
    private final MemoryRegion region;
    private final Int2IntHashMap grantedPages = new Int2IntHashMap(NOT_GRANTED);
    private final Int2IntHashMap heldSlots = new Int2IntHashMap(NOT_GRANTED);
    private final BitSet usedSlots = new BitSet(LinkLayout.HELD);
    private final OneToOneRingBuffer answers;
    private final UnsafeBuffer answer = new UnsafeBuffer(new byte[ANSWER_LENGTH]);
    private final Doorbell bell;
    private final Consumer<Link> onAnswer;
    private long refusedTaken;
    private boolean hasAnswered;
    private boolean hasLane;
    private long quotaRefusedTaken;

    /**
     * Makes it of a mapped file.
     *
     * @param onAnswer called when something was answered that {@link #wake} was not called for
     */
    Link(int id, Arena arena, MemoryRegion region, Doorbell bell, Consumer<Link> onAnswer) {
        this.id = id;
        this.bell = bell;
        this.onAnswer = onAnswer;
        this.arena = arena;
        this.region = region;
        long address = region.writableSegment().address() + LinkLayout.ANSWERS_OFFSET;
        int length = LinkLayout.ANSWERS_CAPACITY + LinkLayout.ANSWERS_TRAILER_LENGTH;
        this.answers = new OneToOneRingBuffer(new UnsafeBuffer(address, length));
        // What a predecessor saw it has counted.
        this.refusedTaken = region.getLongAcquire(LinkLayout.REFUSED_OFFSET);
        this.quotaRefusedTaken = region.getLongAcquire(LinkLayout.QUOTA_REFUSED_OFFSET);
    }

    int id() {
        return id;
    }

    MemoryRegion region() {
        return region;
    }

    /** Sends an answer; false if the client let its ring fill up, which a sane one cannot. */
    boolean answer(byte kind, long correlation, Status status, long first, long second) {
        answer.putLong(0, correlation);
        answer.putLong(8, status.ordinal());
        answer.putLong(16, first);
        answer.putLong(24, second);
        if (!hasAnswered) {
            hasAnswered = true;
            onAnswer.accept(this);
        }
        return answers.write(kind, answer, 0, ANSWER_LENGTH);
    }

    /** Rings for a client that waits for long; after a full fence behind its answers. */
    void wake() {
        hasAnswered = false;
        if (arena.scope().isAlive()
                && region.getLongAcquire(LinkLayout.ASLEEP_OFFSET) != 0
                && region.compareAndSetLong(LinkLayout.ASLEEP_OFFSET, 1, 0)) {
            bell.ring();
        }
    }

    /** Takes over the blocks that the client holds from an earlier manager. */
    void adoptHeld(MemoryPool pool) {
        for (int slot = 0; slot < LinkLayout.HELD; slot++) {
            long offset = LinkLayout.heldOffset(slot);
            long held = region.getLongAcquire(offset);
            if (held != 0) {
                // One that recovery did not keep was never this client's.
                int pages = pool.keptBlocks().take(LinkLayout.grantPage(held));
                if (pages == MemoryPool.NO_BLOCK) {
                    region.putLongRelease(offset, 0);
                } else {
                    note(slot, LinkLayout.grantPage(held), pages);
                }
            }
        }
    }

    /** Notes that the client may write into a block; false if it holds as many as can be noted. */
    boolean grant(int page, int pages) {
        int slot = usedSlots.nextClearBit(0);
        if (slot == LinkLayout.HELD) {
            return false;
        }
        note(slot, page, pages);
        region.putLongRelease(LinkLayout.heldOffset(slot), LinkLayout.grant(page, pages));
        return true;
    }

    /** The checkpoint that the client says it is at. */
    long checkpoint() {
        return region.getLongAcquire(LinkLayout.CHECKPOINT_OFFSET);
    }

    /** Number of the item that the client says it works on; 0 if it does not say. */
    long currentItem() {
        return region.getLongAcquire(LinkLayout.CURRENT_OFFSET);
    }

    /** Pages of a block that was granted to this client, or -1. */
    int grantedPages(int page) {
        return grantedPages.get(page);
    }

    /** Ends a grant; returns the block's pages, or -1 if the block was not granted to this client. */
    int endGrant(int page) {
        int slot = heldSlots.remove(page);
        if (slot != NOT_GRANTED) {
            usedSlots.clear(slot);
            region.putLongRelease(LinkLayout.heldOffset(slot), 0);
        }
        return grantedPages.remove(page);
    }

    private void note(int slot, int page, int pages) {
        usedSlots.set(slot);
        heldSlots.put(page, slot);
        grantedPages.put(page, pages);
    }

    /** Offers a block ahead of need; false if as many as fit are on offer already. */
    boolean offer(int page, int pages) {
        for (int slot = 0; slot < LinkLayout.GRANTS; slot++) {
            long offset = LinkLayout.grantOffset(slot);
            if (region.getLongAcquire(offset) == 0) {
                if (!grant(page, pages)) {
                    return false;
                }
                region.putLongRelease(offset, LinkLayout.grant(page, pages));
                return true;
            }
        }
        return false;
    }

    boolean hasRoomForOffer() {
        for (int slot = 0; slot < LinkLayout.GRANTS; slot++) {
            if (region.getLongAcquire(LinkLayout.grantOffset(slot)) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Takes back the blocks on offer that the client has not taken; returns how many. */
    int takeBackOffers(MemoryPool pool) {
        int count = 0;
        for (int slot = 0; slot < LinkLayout.GRANTS; slot++) {
            long offset = LinkLayout.grantOffset(slot);
            long grant = region.getLongAcquire(offset);
            if (grant != 0 && region.compareAndSetLong(offset, grant, 0)) {
                int page = LinkLayout.grantPage(grant);
                int pages = endGrant(page);
                if (pages != NOT_GRANTED) {
                    pool.freeBlock(page, pages);
                    count++;
                }
            }
        }
        return count;
    }

    /** Takes back everything; the client is gone. */
    void freeGrants(MemoryPool pool) {
        grantedPages.forEachInt(pool::freeBlock);
        grantedPages.clear();
    }

    /** The applied position at which the client's oldest reader began, or Long.MAX_VALUE. */
    long oldestPin() {
        long oldest = Long.MAX_VALUE;
        for (int pin = 0; pin < LinkLayout.PINS; pin++) {
            long pinned = region.getLongAcquire(LinkLayout.pinOffset(pin));
            if (pinned != 0) {
                oldest = Math.min(oldest, pinned - 1);
            }
        }
        return oldest;
    }

    /** How many pins the client holds. */
    int pins() {
        int count = 0;
        for (int pin = 0; pin < LinkLayout.PINS; pin++) {
            count += region.getLongAcquire(LinkLayout.pinOffset(pin)) != 0 ? 1 : 0;
        }
        return count;
    }

    /** How many of the client's calls were refused since the last time. */
    long takeRefused() {
        long refused = region.getLongAcquire(LinkLayout.REFUSED_OFFSET);
        long taken = refused - refusedTaken;
        refusedTaken = refused;
        return taken;
    }

    /** How many of them for its quota. */
    long takeQuotaRefused() {
        long refused = region.getLongAcquire(LinkLayout.QUOTA_REFUSED_OFFSET);
        long taken = refused - quotaRefusedTaken;
        quotaRefusedTaken = refused;
        return taken;
    }

    /** Whether the client takes from a lane, or is to: from one at a time. */
    boolean hasLane() {
        return hasLane;
    }

    /** Sets whether it does. */
    void hasLane(boolean has) {
        hasLane = has;
    }

    /** How long the client's calls took. */
    LatencyHistogram times() {
        return new LatencyHistogram(region, LinkLayout.TIMES_OFFSET);
    }

    void close() {
        bell.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
