package io.ddict.store.pool;

import java.util.concurrent.atomic.AtomicLong;

/*
 * Where writes are posted: one array of 8-byte slots that all clients of a manager share.
 *
 *   offset  field
 *   128     low: every slot at a position below it is filled
 *   256     slots
 *
 *   a slot:   lap (18 bits) | link (12) | staging index (18) | ring tag (16)
 *
 * A position grows for ever; its slot is position mod slots, its lap is position / slots + 1, so
 * that zeroed memory reads as "lap 0", the one before the first. A slot that holds lap - 1 is free
 * for the position once that earlier operation was applied; a slot that holds the lap is filled.
 *
 * Publishing is one compare-and-set of the first slot that is free. There is no claim: a client that is
 * killed or stopped at any instruction has either published or not. A sequence that claims first
 * (getAndAdd on a tail) would leave a hole when its owner dies, which only a timeout can close.
 *
 * The tail is where the filled slots end. Nobody writes it down: whoever wants it begins at the low
 * position, or where this process has been before, and passes the slots that are filled. The low
 * position moves on once in so many operations. With a tail that each operation moved, sixteen clients
 * of one manager posted less than half of what one did, as each took that cache line from all others:
 * see docs/design/0024.
 *
 * The low position must not fall a lap behind: its slot would hold a later lap, and nobody could tell
 * where to go on. So whoever fills a slot half a lap ahead of it moves it first.
 *
 * State changes: the manager sets the state word, then posts a SEAL. A client passes the filled slots,
 * then reads the state, then does its compare-and-set. One that lands behind the SEAL has passed it, and
 * so sees the state. That is why the state is checked inside publish, after the slot was read.
 */

/** The shared ring of posted operations: published with one compare-and-set, applied in order. */
public final class PostingRing {
    /** Ring tag of an operation that concerns every key. */
    public static final int TAG_ALL = 0;

    /** Returned by {@link #tryPublish} when the ring has no free slot. */
    public static final long FULL = -1;

    /** Link of the manager itself: a slot of it is a SEAL and stages nothing. */
    public static final int LINK_OF_SEAL = 0;

    /** Most links a ring can tell apart. */
    public static final int LINKS_MAX = 1 << 12;

    /** Bytes per staging index. */
    public static final int STAGING_UNIT = 64;

    private static final long LOW_OFFSET = 128;
    private static final long SLOTS_OFFSET = 256;
    private static final int LAP_SHIFT = 46;
    private static final int LAP_MASK = (1 << 18) - 1;
    private static final int LINK_SHIFT = 34;
    private static final int INDEX_SHIFT = 16;
    private static final int INDEX_MASK = (1 << 18) - 1;
    private static final int TAG_MASK = 0xFFFF;

    // Operations between two moves of the low position, less one.
    private static final int LOW_STEP_MASK = 15;

    private final MemoryRegion region;
    private final PoolStatus status;
    private final int slotMask;
    private final int lapShift;
    private final AtomicLong passed = new AtomicLong();

    /** Lays the ring over its file. */
    public PostingRing(MemoryRegion region, PoolStatus status, int slots) {
        this.region = region;
        this.status = status;
        this.slotMask = slots - 1;
        this.lapShift = Integer.numberOfTrailingZeros(slots);
    }

    static long fileLength(int slots) {
        return SLOTS_OFFSET + (long) slots * Long.BYTES;
    }

    /** Slots, which is the most operations that can wait. */
    public int capacity() {
        return slotMask + 1;
    }

    /** Position behind the last operation that was published before this call; every slot below is filled. */
    public long tail() {
        return tail(Long.MAX_VALUE);
    }

    /** The smaller of the tail and a position; looks no further than that. */
    public long tail(long limit) {
        long position = low();
        long end = Math.min(limit, position + capacity());
        while (position < end && isPassed(position)) {
            position++;
        }
        return Math.min(position, limit);
    }

    /** As the other, for an operation that is bound to no checkpoint. */
    public long tryPublish(int link, int stagingIndex, int ringTag, long refusingStates) {
        return tryPublish(link, stagingIndex, ringTag, refusingStates, PoolStatus.NO_LIMIT);
    }

    /**
     * Publishes the operation staged at an index, unless the ring is full or the state forbids it.
     * Never blocks; safe from any thread of any process.
     *
     * @param refusingStates bits of the state word that refuse this operation
     * @param limit what the state word must be below, else STATE_RETIRED refuses it
     * @return its position; {@link #FULL} if no slot is free; {@code -1 - bits} (below FULL) with the
     *     state bits that refused it
     */
    public long tryPublish(
            int link, int stagingIndex, int ringTag, long refusingStates, long limit) {
        long low = low();
        long position = Math.max(low, passed.getAcquire());
        while (true) {
            long offset = slotOffset(position);
            long word = region.getLongAcquire(offset);
            int lapsBehind = (lap(position) - wordLap(word)) & LAP_MASK;
            if (lapsBehind == 0) {
                position++;
            } else if (lapsBehind != 1) {
                // A later lap, so the low position has moved on; if it has not, the slot was damaged.
                low = low();
                if (low <= position) {
                    return FULL;
                }
                position = low;
            } else if (!status.isApplied(position - slotMask)) {
                passed.setRelease(position);
                return FULL;
            } else {
                if (position - low > slotMask >> 1) {
                    raiseLow(position);
                    low = position;
                }
                long state = status.state();
                long refusedBy =
                        state & refusingStates | (state < limit ? 0 : PoolStatus.STATE_RETIRED);
                if (refusedBy != 0) {
                    return FULL - refusedBy;
                }
                if (region.compareAndSetLong(
                        offset, word, word(lap(position), link, stagingIndex, ringTag))) {
                    passed(position + 1);
                    return position;
                }
            }
        }
    }

    // An older position that overwrites another thread's newer one costs a few looks at slots, and no more.
    private void passed(long position) {
        passed.setRelease(position);
        if ((position & LOW_STEP_MASK) == 0) {
            raiseLow(position);
        }
    }

    private long low() {
        return region.getLongAcquire(LOW_OFFSET);
    }

    // To a position below which the caller has seen every slot filled.
    private void raiseLow(long position) {
        long low = low();
        while (low < position && !region.compareAndSetLong(LOW_OFFSET, low, position)) {
            low = low();
        }
    }

    // Filled, or filled and applied and filled by a later lap.
    private boolean isPassed(long position) {
        long word = region.getLongAcquire(slotOffset(position));
        return (wordLap(word) - lap(position) & LAP_MASK) <= LAP_MASK >> 1;
    }

    /** Whether the operation at a position is there; called by the manager. */
    public boolean isFilled(long position) {
        return wordLap(region.getLongAcquire(slotOffset(position))) == lap(position);
    }

    /** The slot of a filled position; take it apart with {@link #link} and {@link #stagingIndex}. */
    public long slot(long position) {
        return region.getLongAcquire(slotOffset(position));
    }

    /** Whether the slot is that of a position, and not of a later lap. */
    public boolean isOfLap(long slot, long position) {
        return wordLap(slot) == lap(position);
    }

    /** Link that published a slot. */
    public static int link(long slot) {
        return (int) (slot >>> LINK_SHIFT) & (LINKS_MAX - 1);
    }

    /** Staging index of a slot, in units of {@link #STAGING_UNIT} bytes. */
    public static int stagingIndex(long slot) {
        return (int) (slot >>> INDEX_SHIFT) & INDEX_MASK;
    }

    /**
     * Lets positions begin at a multiple of the slots, and not at 0: all before it count as applied. Before
     * anybody posts.
     */
    void startAt(long position) {
        for (int slot = 0; slot <= slotMask; slot++) {
            region.putLong(slotOffset(slot), word(lap(position) - 1 & LAP_MASK, 0, 0, 0));
        }
        region.putLongRelease(LOW_OFFSET, position);
    }

    /** Moves the low position to the tail, in case that those died who were to do it; the manager's own. */
    public void raiseLow() {
        raiseLow(tail());
    }

    /**
     * The end of the newest operation in {@code [from, to)} that may concern a key, or {@code from}
     * if there is none. Slots that were taken by a later lap meanwhile are applied and do not count.
     */
    public long lastPosting(long from, long to, long hash) {
        int wanted = KeyHash.ringTag(hash);
        for (long position = to - 1; position >= from; position--) {
            long slot = region.getLongAcquire(slotOffset(position));
            int tag = (int) slot & TAG_MASK;
            if ((tag == wanted || tag == TAG_ALL) && isOfLap(slot, position)) {
                return position + 1;
            }
        }
        return from;
    }

    private int lap(long position) {
        return (int) ((position >>> lapShift) + 1) & LAP_MASK;
    }

    private static int wordLap(long word) {
        return (int) (word >>> LAP_SHIFT) & LAP_MASK;
    }

    private static long word(int lap, int link, int stagingIndex, int ringTag) {
        return (long) lap << LAP_SHIFT
                | (long) link << LINK_SHIFT
                | (long) stagingIndex << INDEX_SHIFT
                | ringTag;
    }

    private long slotOffset(long position) {
        return SLOTS_OFFSET + ((position & slotMask) << 3);
    }
}
