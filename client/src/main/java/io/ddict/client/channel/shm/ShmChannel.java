package io.ddict.client.channel.shm;

import io.ddict.client.ClientProfile;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictStats;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.FutureCheckpointException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.SentPuts;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.client.codec.Codec;
import io.ddict.client.events.SlowCallEvent;
import io.ddict.store.pool.CallKind;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.WorkingSet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The channel to a manager on this node, over its memory pool in shared memory. */
public final class ShmChannel implements ShardChannel {
    // How much longer than its timeout a call may take, to tell the manager that nobody waits.
    private static final long CANCEL_NS = 20_000_000;

    /** What most waits are for. */
    static final String EARLIER_WRITES = "the manager did not apply earlier writes in time";

    private static final int FIRST_ORDINAL = 1;

    private final int manager;
    private final MappedPool pool;
    private final PoolStatus status;
    private final BooleanSupplier isLost;
    private final ManagerBell doorbell;
    private final ShardReader reader;
    private final ShardWriter writer;
    private final WorkingSet workingSet;
    private final boolean mayWait;
    private final boolean isLeased;
    private final LeaseWait lease;
    private final RoomWait room;
    private final BatchWriter batches;
    private final FrozenViews views;
    private final Lending lending;
    private final ShmCoordination coordination;
    private final MemoryRegion link;
    private final CallCounts counts;
    private final CallErrors errors;
    private volatile long restRung = -1;
    private volatile boolean closed;

    /**
     * Maps a pool and takes a link that its manager has made.
     *
     * @param isLost turns true when the manager's process has ended
     * @throws io.ddict.store.pool.PoolDamagedException if a file is not what it should be
     */
    public ShmChannel(int manager, Path directory, int linkId, BooleanSupplier isLost)
            throws IOException {
        this(manager, MappedPool.openAsClient(directory), linkId, isLost);
    }

    /** Takes a link of a pool that is mapped already; closes the pool in the end. */
    public ShmChannel(int manager, MappedPool pool, int linkId, BooleanSupplier isLost)
            throws IOException {
        this.manager = manager;
        this.pool = pool;
        this.status = pool.status();
        this.workingSet = pool.geometry().workingSet();
        this.mayWait = workingSet.waits();
        this.isLeased = status.isLeased();
        this.lease = new LeaseWait(this, status);
        this.isLost = isLost;
        try {
            link = pool.openLink(linkId);
            pool.useLink(linkId);
            counts = new CallCounts(link);
            errors = new CallErrors(manager, pool, counts);
            this.doorbell = new ManagerBell(pool.directory());
            Pins pins = new Pins(link, status);
            this.reader = new ShardReader(this, pool, pins);
            this.views = new FrozenViews(this, pool, reader, pins);
            this.writer = new ShardWriter(this, pool, link, linkId);
            this.room = new RoomWait(this, status);
            this.batches = new BatchWriter(this, writer, room, pool, link, linkId);
            this.lending = new Lending(this, reader, writer);
            this.coordination = new ShmCoordination(this, pool, reader, writer, link);
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    @Override
    public int manager() {
        return manager;
    }

    @Override
    public boolean isLocal() {
        return true;
    }

    @Override
    public WorkingSet workingSet() {
        return workingSet;
    }

    @Override
    public @Nullable Object get(CallContext call, ValueReader values) {
        awaitDeferred(call);
        Object value = reader.get(call, values);
        while (value == null && isAwaited(call)) {
            awaitKey(call);
            value = reader.get(call, values);
        }
        return value;
    }

    @Override
    public @Nullable Object getNow(CallContext call, ValueReader values) {
        return reader.get(call, values);
    }

    // Whether the call reads nothing because it has to wait for the key.
    private boolean isAwaited(CallContext call) {
        return workingSet.waitsForKeys() && call.isAwaited();
    }

    // A read beyond the newest checkpoint comes after the writes that are deferred for it.
    private void awaitDeferred(CallContext call) {
        if (mayWait
                && call.checkpoint() > status.newest()
                && status.deferredWrites() > 0) {
            awaitKey(call);
        }
    }

    private void awaitKey(CallContext call) {
        requireOk(call, request(call, Operation.AWAIT_KEY, (byte) 0, 0).status());
    }

    @Override
    public void preload(CallContext call, long[] hashes, int count) {
        checkUsable(call);
        pool.preload().load(hashes, call.guesses(), count);
    }

    @Override
    public long get(CallContext call, MemorySegment buffer) {
        awaitDeferred(call);
        long length = reader.get(call, buffer);
        while (length < 0 && isAwaited(call)) {
            awaitKey(call);
            length = reader.get(call, buffer);
        }
        return length;
    }

    @Override
    public <R extends @Nullable Object> @Nullable R view(
            CallContext call, Function<MemorySegment, R> function) {
        awaitPresent(call);
        return reader.view(call, function);
    }

    /**
     * The value in place, for who cannot use it within one call as {@link #view} has it; null if the key is
     * absent. It holds memory, and one of few pins, until it is closed, which must be before this is.
     */
    public @Nullable HeldValue hold(CallContext call) {
        return reader.hold(call);
    }

    // For reads that look for the key under a pin: waits for it before.
    private void awaitPresent(CallContext call) {
        if (mayWait) {
            awaitDeferred(call);
            while (!reader.find(call) && isAwaited(call)) {
                awaitKey(call);
            }
        }
    }

    @Override
    public boolean isFrozen() {
        checkUsable(null);
        return PoolStatus.isFrozen(status.freezeEpoch());
    }

    @Override
    public void requireWritable(CallContext call) {
        checkUsable(call);
        checkNotFrozen(call);
    }

    @Override
    public @Nullable MemorySegment frozenView(CallContext call) {
        awaitPresent(call);
        checkLease(call);
        return views.view(call);
    }

    @Override
    public void closeFrozenViews() {
        boolean _ = views.closeAll();
        boolean _ = FrozenWatch.look();
    }

    @Override
    public void endFrozenViews() {
        if (!views.end()) {
            throw new IllegalStateException(
                    "handle cannot be closed while a channel reads from a view of its frozen"
                            + " dictionary: pool="
                            + pool.directory()
                            + "; close it again afterwards");
        }
    }

    @Override
    public void record(CallKind kind, long lengthNs) {
        counts.record(kind, lengthNs);
    }

    @Override
    public ClientProfile.Manager profile() {
        checkUsable(null);
        return counts.profile(manager);
    }

    @Override
    public boolean contains(CallContext call) {
        return reader.find(call);
    }

    @Override
    public <T> boolean valueEquals(CallContext call, Codec<T> codec, T value) {
        awaitPresent(call);
        return reader.valueEquals(call, codec, value, codec.prepare(value, call.scratch()));
    }

    @Override
    public <T> void put(CallContext call, Codec<T> codec, T value, boolean persistent) {
        checkNotFrozen(call);
        byte flags = persistent ? Operation.PERSISTENT : 0;
        if (mayBeDeferred(call)) {
            putAwaited(call, codec, value, flags);
        } else {
            writer.put(call, codec, value, Operation.PUT, flags, 0, 0);
        }
    }

    /**
     * Begins a put whose value comes later, of a length that is not small; for dictionaries whose calls wait
     * for nobody. It is ended by {@link #finishPut} or {@link #abandonPut}.
     *
     * @throws io.ddict.client.DDictFullException if there is no block now; {@code put} finds out whether
     *     there can be one
     */
    public BlockPut beginPut(
            CallContext call, byte valueTag, long valueLength, boolean persistent) {
        checkNotFrozen(call);
        return writer.beginPut(
                call, valueTag, valueLength, persistent ? Operation.PERSISTENT : 0);
    }

    /** Posts a put whose value is there; if it throws, the put is still to be ended. */
    public void finishPut(CallContext call, BlockPut put) {
        while (!put.isPosted) {
            try {
                writer.post(call, put);
            } catch (DDictFullException e) {
                if (call.deadline().isBrief()) {
                    throw e;
                }
                if (!call.mayHaveEntry() && !makesRoom(call, true)) {
                    throw errors.noted(call, e);
                }
            }
        }
        checkLeaseAfterwards(call);
    }

    /** Ends a put that is not to be; one that was posted has ended. */
    public void abandonPut(BlockPut put) {
        if (!put.isPosted) {
            writer.abandon(put);
        }
    }

    // Beyond the newest checkpoint a write may have to wait for others, and its caller with it.
    private boolean mayBeDeferred(CallContext call) {
        return mayWait && call.checkpoint() > status.newest();
    }

    private <T> void putAwaited(CallContext call, Codec<T> codec, T value, byte flags) {
        Answer answer = writer.open(call);
        boolean answered = false;
        try {
            writer.put(call, codec, value, Operation.PUT, flags, 0, answer.correlation);
            writer.await(call, answer);
            answered = true;
        } finally {
            end(answer, answered);
        }
        requireOk(call, answer.status());
    }

    @Override
    public <T> SentPuts send(CallContext call, Codec<T> codec, T value, long valueLength) {
        try {
            checkNotFrozen(call);
            prepareBatch(call);
            writer.put(call, codec, value, valueLength, Operation.PUT, (byte) 0, 0, 0);
            return SentPuts.STORED;
        } catch (DDictException e) {
            return SentPuts.known(e);
        }
    }

    @Override
    public SentPuts sendAll(CallContext call, CollectedPuts puts, Refusals refusals) {
        views.closeStale();
        return SentPuts.known(batches.putAll(call, puts, refusals));
    }

    @Override
    public <T> long putIf(CallContext call, Codec<T> codec, T value, long version) {
        checkNotFrozen(call);
        byte flags = version == ABSENT_VERSION ? Operation.IF_ABSENT : Operation.IF_VERSION;
        Answer answer = writer.open(call);
        boolean answered = false;
        try {
            writer.put(
                    call, codec, value, Operation.PUT, flags, version, answer.correlation);
            writer.await(call, answer);
            answered = true;
            return isConditionMet(call, answer.status()) ? answer.first() : 0;
        } finally {
            end(answer, answered);
        }
    }

    @Override
    public boolean removeIf(CallContext call, long version) {
        checkNotFrozen(call);
        byte flags = version == ANY_VERSION ? 0 : Operation.IF_VERSION;
        return isConditionMet(call, request(call, Operation.REMOVE, flags, version).status());
    }

    @Override
    public long getAndAdd(CallContext call, long delta) {
        checkNotFrozen(call);
        Answer answer = request(call, Operation.GET_AND_ADD, Operation.PERSISTENT, delta);
        requireOk(call, answer.status());
        return answer.first();
    }

    @Override
    public <T> void awaitValue(CallContext call, Codec<T> codec, T value) {
        Answer answer = writer.open(call);
        boolean answered = false;
        try {
            writer.put(
                    call, codec, value, Operation.AWAIT_VALUE, (byte) 0, 0, answer.correlation);
            writer.await(call, answer);
            answered = true;
            requireOk(call, answer.status());
        } finally {
            writer.close(answer);
            if (!answered) {
                cancel(answer.correlation);
            }
        }
    }

    /** Whether its manager lends values to others of the node. */
    boolean isLending() {
        return status.isLending();
    }

    /** What it does for values that several managers of the node have. */
    Lending lending() {
        return lending;
    }

    @Override
    public Coordination coordination() {
        return coordination;
    }

    @Override
    public long size(CallContext call) {
        awaitAllPosted(call);
        long count = status.entryCount();
        // The count is that of the newest checkpoint, which one does not see from another if keys wait.
        long newest = status.newest();
        if (!workingSet.hasVersions()
                || call.checkpoint() == newest
                || call.checkpoint() > newest && !workingSet.waitsForKeys()) {
            checkHeld(call);
            return count;
        }
        return askSize(call);
    }

    private long askSize(CallContext call) {
        checkLease(call);
        Answer answer = requestKeyless(call, Operation.SIZE, PostingRing.TAG_ALL, 0);
        requireOk(call, answer.status());
        return answer.first();
    }

    @Override
    public long newestCheckpoint(CallContext call) {
        awaitAllPosted(call);
        return status.newest();
    }

    private void awaitAllPosted(CallContext call) {
        checkUsable(call);
        long tail = pool.ring().tail();
        if (status.applied() < tail) {
            do {
                pause(call, EARLIER_WRITES);
            } while (status.applied() < tail);
            waited(call, EARLIER_WRITES);
        }
    }

    @Override
    public void publishCheckpoint(long checkpoint) {
        if (workingSet.waitsForWriters()) {
            // Release: who sees that this client went on also sees what it did before, in the ring.
            link.putLongRelease(LinkLayout.CHECKPOINT_OFFSET, checkpoint);
            wakeManager();
        }
    }

    @Override
    public void clear(CallContext call) {
        checkNotFrozen(call);
        Answer answer;
        do {
            call.looksForRoom(status, true);
            answer = requestKeyless(call, Operation.CLEAR, PostingRing.TAG_ALL, 0);
        } while (answer.status() == Status.FULL && makesRoom(call, true));
        checkLeaseAfterwards(call);
        requireOk(call, answer.status());
    }

    /**
     * Goes on with an iteration that {@link #cursor(CallContext)} began.
     *
     * @param createdBefore as it told
     * @param end as it told
     * @param from the ordinal to go on at
     */
    public RecordCursor cursor(CallContext call, long createdBefore, int end, int from) {
        checkHeld(call);
        if (from < FIRST_ORDINAL || end > status.ordinalEnd()) {
            throw new IllegalArgumentException(
                    "iteration is of other ordinals: from=" + from + ", end=" + end
                            + ", ordinalEnd=" + status.ordinalEnd());
        }
        return new RecordCursor(
                this, reader, call.checkpoint(), createdBefore, end, from,
                call.deadline().timeoutNs());
    }

    @Override
    public ShardCursor cursor(CallContext call) {
        awaitAllPosted(call);
        checkHeld(call);
        return new RecordCursor(
                this,
                reader,
                call.checkpoint(),
                status.applied(),
                status.ordinalEnd(),
                FIRST_ORDINAL,
                call.deadline().timeoutNs());
    }

    @Override
    public DDictStats.Manager figures() {
        checkUsable(null);
        return PoolFigures.of(manager, pool);
    }

    @Override
    public long hashSeed() {
        return pool.geometry().hashSeed();
    }

    @Override
    public void close() {
        if (!closed) {
            endFrozenViews();
            closed = true;
            counts.close();
            writer.close();
            try {
                doorbell.close();
            } finally {
                pool.close();
            }
        }
    }

    /** Throws what a call on a dead channel throws; three plain reads on a live one. */
    void checkUsable(@Nullable CallContext call) {
        if (!isUsable()) {
            throw unusableError(call);
        }
    }

    /** As the other, also if the call's checkpoint is not held. */
    void checkHeld(CallContext call) {
        do {
            if (closed || isLost.getAsBoolean() || status.state() >= call.stateLimit()) {
                throw isUsable() ? errors.notHeld(call) : unusableError(call);
            }
        } while (awaitsLease(call, false));
    }

    /**
     * Throws if others may own what the pool has, also after a moment; what is read after this was not
     * outdated when it began.
     */
    void checkLease(CallContext call) {
        boolean _ = awaitsLease(call, false);
    }

    /** Throws if others may have owned what the pool has when a write was posted: it was not accepted. */
    void checkLeaseAfterwards(CallContext call) {
        boolean _ = awaitsLease(call, true);
    }

    // Who has been closed meanwhile finds that out by himself.
    private boolean awaitsLease(CallContext call, boolean isPosted) {
        if (!isLeased || closed || !lease.isOver()) {
            return false;
        }
        lease.await(call, isPosted);
        return true;
    }

    // For writes that have yet to find out whether the channel can be used.
    void checkNotFrozen(CallContext call) {
        if (!closed && PoolStatus.isFrozenOnly(status.state())) {
            throw errors.refused(call, PoolStatus.STATE_FROZEN);
        }
        checkLease(call);
        views.closeStale();
    }

    private boolean isUsable() {
        return !closed && !isLost.getAsBoolean() && status.state() < PoolStatus.STATE_DESTROYED;
    }

    /** Whether a freeze is still in effect, of a dictionary that can be used. */
    boolean isEpoch(long freezeEpoch) {
        return isUsable() && status.freezeEpoch() == freezeEpoch;
    }

    /** Waits a little, or throws: time over, or the manager gone. */
    void pause(CallContext call, String why) {
        if (!mayPause(call)) {
            throw timedOut(call, why);
        }
    }

    /** Waits a little; false if the call's time is over. */
    boolean mayPause(CallContext call) {
        checkUsable(call);
        if (call.deadline().hasSpun() && status.isResting()) {
            ringOnce();
        }
        return call.deadline().pause();
    }

    /** Tells that what a call has paused for has come. */
    void waited(CallContext call, String why) {
        SlowCallEvent event = call.deadline().takeSlow();
        if (event != null) {
            event.end(why, pool.directory().toString(), manager);
        }
    }

    /** The error of a call whose time is over. */
    DDictTimeoutException timedOut(CallContext call, String why) {
        waited(call, why);
        return errors.timedOut(call, why);
    }

    /** What makes the errors of calls. */
    CallErrors errors() {
        return errors;
    }

    /** Rings the doorbell if the manager sleeps. */
    void wakeManager() {
        if (status.isAsleep()) {
            ringOnce();
        }
    }

    /** Rings also if the manager dozes: it will be waited for after some time of this thread's own. */
    void wakeResting() {
        if (status.isResting()) {
            ringOnce();
        }
    }

    /** The same after an operation was posted; wakes the manager from a doze if others wait for that. */
    void wakeManager(byte kind) {
        if (status.isResting() && (status.isAsleep() || Operation.isForOthers(kind))) {
            ringOnce();
        }
    }

    // Once for each of its rests.
    private void ringOnce() {
        long rest = status.counter(PoolCounter.RESTS);
        if (rest != restRung) {
            restRung = rest;
            doorbell.ring();
        }
    }

    /** States that refuse an operation of a kind. */
    long refusingStates(byte kind) {
        return PoolStatus.STATE_DESTROYED
                | PoolStatus.STATE_LOST
                | (Operation.changes(kind) ? PoolStatus.STATE_FROZEN : 0);
    }

    /** What the state word must be below for an operation of a kind. */
    long limit(CallContext call, byte kind) {
        return switch (kind) {
            case Operation.CANCEL, Operation.GRANT, Operation.RETURN_BLOCK, Operation.FIND,
                    Operation.FENCE, Operation.END_LEND -> PoolStatus.NO_LIMIT;
            default -> call.stateLimit();
        };
    }

    /** Throws unless the status is OK. */
    void requireOk(CallContext call, Status outcome) {
        switch (outcome) {
            case OK -> {}
            case FROZEN -> throw errors.refused(call, PoolStatus.STATE_FROZEN);
            case DESTROYED -> throw errors.refused(call, PoolStatus.STATE_DESTROYED);
            case RETIRED -> throw errors.retired(call);
            case FULL -> throw errors.fullWhenApplied(call);
            case TYPE -> throw errors.notAnInteger(call);
            default -> throw errors.unexpected(call, outcome);
        }
    }

    /** The ordinal that the manager knows for the key, or 0. */
    int askOrdinal(CallContext call) {
        Answer answer = request(call, Operation.FIND, (byte) 0, 0);
        return answer.status() == Status.OK ? (int) answer.first() : 0;
    }

    /** Bytes of this link's quota that a put of the key would give back. */
    long askReplaced(CallContext call) {
        return request(call, Operation.FIND, (byte) 0, 0).second();
    }

    /** Whether a put of the key at the call's checkpoint needs no new entry. */
    boolean hasEntry(CallContext call) {
        return reader.find(call) && reader.isOfCheckpoint(call);
    }

    /** Whether a removal of the key at the call's checkpoint needs memory for a mark. */
    boolean needsMark(CallContext call) {
        return workingSet.hasVersions() && reader.find(call) && !reader.isAlone(call);
    }

    /**
     * After a refusal for want of memory: moves the working set on if the call is beyond it, and awaits
     * room; whether there may be some.
     *
     * @param forHeld whether what others hold for a moment is awaited, too
     */
    boolean makesRoom(CallContext call, boolean forHeld) {
        boolean advances = workingSet.hasVersions() && call.checkpoint() > status.newest();
        if (advances) {
            int tag = KeyHash.ringTag(call.hash());
            requireOk(call, requestKeyless(call, Operation.ADVANCE, tag, 0).status());
        }
        return room.awaits(call, forHeld) || advances;
    }

    /**
     * Before puts of a batch, which wait for no client: moves the working set on if they are beyond it.
     *
     * @throws FutureCheckpointException if it cannot move on now
     */
    void prepareBatch(CallContext call) {
        checkLease(call);
        boolean isFull = workingSet.hasVersions() && status.fullBits() != 0;
        if (mayBeDeferred(call) || isFull && call.checkpoint() > status.newest()) {
            Answer answer = requestKeyless(
                    call, Operation.ADVANCE, KeyHash.ringTag(call.hash()), Operation.NO_WAIT);
            if (answer.status() == Status.FUTURE) {
                throw errors.future(call);
            }
            requireOk(call, answer.status());
        }
        if (isFull) {
            boolean _ = makesRoom(call, true);
        }
    }

    Answer request(CallContext call, byte kind, byte flags, long operand) {
        checkLease(call);
        Answer answer = writer.open(call);
        boolean answered = false;
        try {
            writer.post(call, kind, flags, operand, answer.correlation);
            writer.await(call, answer);
            answered = true;
            return answer;
        } finally {
            end(answer, answered);
        }
    }

    private Answer requestKeyless(CallContext call, byte kind, int ringTag, long operand) {
        Answer answer = writer.open(call);
        boolean answered = false;
        try {
            writer.postKeyless(call, kind, ringTag, 0, operand, 0, answer.correlation);
            writer.await(call, answer);
            answered = true;
            return answer;
        } finally {
            end(answer, answered);
        }
    }

    // Where requests may be deferred, the manager is told that nobody waits for one any more.
    private void end(Answer answer, boolean answered) {
        writer.close(answer);
        if (!answered && mayWait) {
            cancel(answer.correlation);
        }
    }

    private boolean isConditionMet(CallContext call, Status outcome) {
        if (outcome == Status.EXISTS || outcome == Status.ABSENT || outcome == Status.CONFLICT) {
            return false;
        }
        requireOk(call, outcome);
        return true;
    }

    private void cancel(long correlation) {
        if (closed || isLost.getAsBoolean()) {
            return;
        }
        CallContext call = new CallContext();
        call.deadline().start(CANCEL_NS);
        try {
            writer.postKeyless(call, Operation.CANCEL, 1, 0, correlation, 0, 0);
        } catch (DDictTimeoutException e) {
            // The call has failed already; the manager forgets the request with this handle.
        }
    }

    private RuntimeException unusableError(@Nullable CallContext call) {
        if (closed) {
            return errors.closed();
        }
        return (status.state() & PoolStatus.STATE_DESTROYED) != 0
                ? errors.refused(call, PoolStatus.STATE_DESTROYED)
                : errors.lost(call);
    }
}
