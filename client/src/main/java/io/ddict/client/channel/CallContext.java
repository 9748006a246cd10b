package io.ddict.client.channel;

import io.ddict.client.CallTimes;
import io.ddict.client.codec.KeyBytes;
import io.ddict.client.codec.Scratch;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.Preload;

/** What one thread needs for one call at a time: reused, so that calls allocate nothing. */
public final class CallContext {
    // What others hold they give back soon; and some may hold something all the time.
    private static final long HELD_NS = 300_000_000;

    private final KeyBytes key = new KeyBytes();
    private final Scratch scratch = new Scratch();
    private final Scratch readScratch = new Scratch();
    private final Deadline deadline = new Deadline();
    private final FoundRecord found = new FoundRecord();
    private final long[] guesses = new long[Preload.KEYS];
    private long hash;
    private boolean hasKey;
    private boolean knowsEntry;
    private boolean hasEntry;
    private boolean lacksEntry;
    private int place;
    private long checkpoint;
    private long stateLimit = PoolStatus.limit(0);
    private long version;
    private boolean isAwaited;
    private boolean sawSure;
    private boolean needsMemory;
    private long returns;
    private int untilTimed = 1;
    private long startNs;

    /** Begins a call, which is about no key yet, and is timed if its turn has come. */
    public void begin() {
        hasKey = false;
        entry(false, false);
        if (--untilTimed > 0) {
            startNs = 0;
        } else {
            untilTimed = CallTimes.CALLS_PER_SAMPLE;
            startNs = System.nanoTime();
        }
    }

    /** When the call began, or 0 if it is not timed. */
    public long startNs() {
        return startNs;
    }

    /** The encoded key. */
    public KeyBytes key() {
        return key;
    }

    /** Scratch for the value being written. */
    public Scratch scratch() {
        return scratch;
    }

    /** Scratch for a value being read. */
    public Scratch readScratch() {
        return readScratch;
    }

    /** The call's waiting. */
    public Deadline deadline() {
        return deadline;
    }

    /** The record that the call looks at. */
    public FoundRecord found() {
        return found;
    }

    /** Hints that a preload met, of no use to anybody else. */
    public long[] guesses() {
        return guesses;
    }

    /** Hash of the encoded key. */
    public long hash() {
        return hash;
    }

    /** Sets the hash of the encoded key. */
    public void hash(long hash) {
        this.hash = hash;
        this.hasKey = true;
    }

    /** Whether the call is about a key. */
    public boolean hasKey() {
        return hasKey;
    }

    /** Makes the call be about no key. */
    public void forgetKey() {
        hasKey = false;
    }

    /** Sets whether it is known that a put of the call's key needs a new entry or does not, and which. */
    public void entry(boolean known, boolean there) {
        knowsEntry = known;
        hasEntry = there;
        lacksEntry = false;
    }

    /** Notes that the call was refused a new entry. */
    public void lackEntry() {
        lacksEntry = true;
    }

    /** Whether the call was refused a new entry before it was known whether it needs one. */
    public boolean mayHaveEntry() {
        return lacksEntry && !knowsEntry;
    }

    /** Whether a put of the call's key needs no new entry, as far as is known. */
    public boolean hasEntry() {
        return hasEntry;
    }

    /** Which of its handle's channels the call's key belongs to. */
    public int place() {
        return place;
    }

    /** Sets which of its handle's channels the call's key belongs to. */
    public void place(int place) {
        this.place = place;
    }

    /** The checkpoint that the call is made at. */
    public long checkpoint() {
        return checkpoint;
    }

    /** Sets the checkpoint that the call is made at. */
    public void checkpoint(long checkpoint) {
        this.checkpoint = checkpoint;
        this.stateLimit = PoolStatus.limit(checkpoint);
    }

    /** Lets the call pass while the dictionary is being restored: it is part of that. */
    public void passRestore() {
        stateLimit = PoolStatus.NO_LIMIT;
    }

    /** What a manager's state word is below while it holds the checkpoint and can be used. */
    public long stateLimit() {
        return stateLimit;
    }

    /** Version of the record that the last read met; 0 if the key was absent. */
    public long version() {
        return version;
    }

    /** Whether room is on its way, or was before the call was refused for want of it; asked once. */
    public boolean isRoomSure(PoolStatus status) {
        boolean saw = sawSure;
        sawSure = false;
        return saw || status.isRoomSure(needsMemory);
    }

    /**
     * Whether others hold memory, or did when the call was refused for want of it, and have not held it for
     * too long.
     */
    public boolean isMemoryHeld(PoolStatus status) {
        // In this order: see PoolStatus.publishReturn.
        return needsMemory
                && (status.comesFromOthers() || status.returns() != returns)
                && deadline.holdsOut(HELD_NS);
    }

    /**
     * Notes, before looking whether there is room, whether more is on its way.
     *
     * @param ofMemory whether memory is looked for, and not an entry or quota
     */
    public void looksForRoom(PoolStatus status, boolean ofMemory) {
        needsMemory = ofMemory;
        sawSure = status.isRoomSure(ofMemory);
        returns = status.returns();
    }

    /** Whether the key that the last read did not find is one that such reads wait for. */
    public boolean isAwaited() {
        return isAwaited;
    }

    /** Sets whether a read that found nothing waits. */
    public void isAwaited(boolean awaited) {
        this.isAwaited = awaited;
    }

    /** Sets the version that a read met. */
    public void version(long version) {
        this.version = version;
    }
}
