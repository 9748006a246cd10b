package io.ddict.store;

import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.SizeClasses;

/** What a pool tells clients there is no room for. The manager's thread. */
public final class FullBits {
    private final PoolStatus status;
    private final Ordinals ordinals;
    private final KeyIndex index;
    private final SlabAllocator slabs;
    private final HoldBack holdBack;
    private long bits;
    private Runnable onFull = () -> {};

    FullBits(
            PoolStatus status,
            Ordinals ordinals,
            KeyIndex index,
            SlabAllocator slabs,
            HoldBack holdBack) {
        this.status = status;
        this.ordinals = ordinals;
        this.index = index;
        this.slabs = slabs;
        this.holdBack = holdBack;
        this.bits = status.fullBits();
    }

    /** Sets what is called when something begins to be refused where all had room. */
    public void onFull(Runnable action) {
        onFull = action;
    }

    /** Whether something is refused for want of memory. */
    public boolean isSet() {
        return (bits & ~PoolStatus.FULL_OF_ENTRIES) != 0;
    }

    /** Whether an operation that is no longer in the ring has room for its record, if that is small. */
    public boolean hasRoomFor(int keyLength, long valueLength) {
        long needed = PoolStatus.FULL_OF_ENTRIES
                | SizeClasses.bit(keyLength, valueLength);
        return (bits & needed) == 0;
    }

    /**
     * Publishes what there is no room for now.
     *
     * @param pagesAreShort whether no more slabs can be made without what is held back
     */
    void publish(boolean pagesAreShort) {
        boolean isFullOfEntries =
                ordinals.remaining() <= holdBack.entries()
                        || index.isTableFull(holdBack.entries());
        long now = isFullOfEntries ? PoolStatus.FULL_OF_ENTRIES : 0;
        if (pagesAreShort) {
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                if (slabs.freeSlots(sizeClass) < holdBack.records(sizeClass)) {
                    now |= 1L << sizeClass;
                }
            }
        }
        if (now != bits) {
            boolean hadRoom = bits == 0;
            bits = now;
            status.publishFullBits(now);
            if (hadRoom) {
                onFull.run();
            }
        }
    }
}
