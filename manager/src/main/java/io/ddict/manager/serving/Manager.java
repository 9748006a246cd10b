package io.ddict.manager.serving;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDictException;
import io.ddict.client.events.Recordings;
import io.ddict.manager.events.PoolFullEvent;
import io.ddict.store.HeldCheckpoints;
import io.ddict.store.LinkShares;
import io.ddict.store.MemoryPool;
import io.ddict.store.Snapshot;
import io.ddict.store.Spill;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/*
 * One duty cycle: commands from the node service's other threads, then a batch from the ring. A
 * batch is applied in order, then what it gave up is freed unless a reader is pinned to it, then
 * the applied position is published. The position may lag behind what is applied by a batch; that
 * only makes a reader wait a little longer, and a successor repeat what does no harm.
 */

/**
 * A manager: the one thread that changes a memory pool.
 *
 * <p>{@link #openLink}, {@link #closeLink}, {@link #freeze}, {@link #unfreeze}, {@link #destroy} and
 * {@link #close} are for other threads: they queue a command and wake the agent.
 */
public final class Manager implements Agent, AutoCloseable {
    /** Most operations between two looks at commands, pins and limits. */
    static final int BATCH_LIMIT = 256;

    // The same where it may have to wait until changes are copied: values may be large.
    private static final int TRACKED_BATCH_LIMIT = LookAhead.COUNT;

    // Versions looked at between two batches: about half a millisecond.
    private static final int PRUNE_LIMIT = 2048;

    // Entries looked at for values whose time is over, twenty times a second: about half a millisecond.
    private static final int EXPIRY_LIMIT = 4096;

    private static final System.Logger LOGGER = System.getLogger(Manager.class.getName());
    private static final long HOUSEKEEPING_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final int number;
    private final MemoryPool pool;
    private final HeldCheckpoints checkpoints;
    private final MappedPool mapped;
    private final PoolStatus status;
    private final PostingRing ring;
    private final Doorbell doorbell;
    private final Int2ObjectHashMap<Link> links = new Int2ObjectHashMap<>();
    private final Queue<Integer> inherited = new ArrayDeque<>();
    private final List<Link> answered = new ArrayList<>();
    private final Waiters waiters;
    private final DeferredWrites deferred;
    private final OperationApplier applier;
    private final LookAhead lookAhead;
    private final ManyToOneConcurrentLinkedQueue<Runnable> commands =
            new ManyToOneConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AgentRunner runner;
    private Changes.@Nullable Listener changes;
    private int batchLimit = BATCH_LIMIT;
    private boolean isHeld;
    private boolean compactionDue;
    private long applied;
    private long nextHousekeepingNs;
    private int nextLinkId = 1;

    /** Makes a manager over a pool that it owns from now on; {@link #start} sets it to work. */
    public Manager(int number, MemoryPool pool) throws IOException {
        this.number = number;
        this.pool = pool;
        this.checkpoints = pool.checkpoints();
        this.mapped = pool.mapped();
        this.status = mapped.status();
        this.ring = mapped.ring();
        this.doorbell = Doorbell.open(mapped.directory().resolve(Doorbell.FILE_NAME));
        this.waiters = new Waiters(pool);
        this.deferred = new DeferredWrites(pool);
        this.applier =
                new OperationApplier(
                        pool,
                        waiters,
                        deferred,
                        links,
                        new OwnUpkeep(),
                        // What was posted to a predecessor may be done already, its outcome forgotten.
                        ring.tail());
        this.lookAhead = new LookAhead(pool, links);
        this.applied = status.applied();
        this.runner =
                new AgentRunner(
                        new ManagerIdle(this::hasWork, status, doorbell),
                        this::onFailure,
                        null,
                        this);
        pool.pinnedBy(() -> oldestPin() != Long.MAX_VALUE);
        pool.fullBits().onFull(this::recordFull);
        if (pool.spill() != null) {
            pool.spill().onCopied(doorbell::ring);
        }
        adoptLinks();
        holdBack();
        postSealIfDue();
        links.keySet().forEach(id -> commands.offer(() -> endLinkOfDead(id)));
    }

    /** Sets the manager to work on a thread of its own. */
    public void start() {
        Thread _ = AgentRunner.startOnThread(runner, work -> new Thread(work, roleName()));
    }

    @Override
    public String roleName() {
        return "ddict-manager-" + number;
    }

    @Override
    public int doWork() {
        int work = runCommands() + (mayChange() ? drainRing() : 0) + prune() + spill();
        wakeDeferred();
        if (!answered.isEmpty()) {
            wakeClients();
        }
        long nowNs = System.nanoTime();
        if (nowNs - nextHousekeepingNs >= 0) {
            nextHousekeepingNs = nowNs + HOUSEKEEPING_NS;
            keepHouse(nowNs);
        }
        if (work == 0 && compactionDue) {
            compactionDue = compact() && pool.isCompactionDue();
            return compactionDue ? 1 : 0;
        }
        return work;
    }

    /** The pool; only its status may be read by other threads. */
    public MemoryPool pool() {
        return pool;
    }

    /** Why the manager stopped working, or null while it works. */
    public @Nullable Throwable failure() {
        return failure.get();
    }

    /** Makes a link for a new client; the future holds its id. */
    public CompletableFuture<Integer> openLink() {
        return openLink(mapped.geometry().limits().clientQuota());
    }

    /** Makes a link for the service's own use, which has no quota. */
    public CompletableFuture<Integer> openOwnLink() {
        return openLink(PoolLimits.NO_QUOTA);
    }

    private CompletableFuture<Integer> openLink(long quota) {
        CompletableFuture<Integer> opened = new CompletableFuture<>();
        command(() -> {
            try {
                opened.complete(makeLink(quota));
            } catch (IOException | RuntimeException e) {
                opened.completeExceptionally(e);
            }
        });
        return opened;
    }

    /** Ends a client's link: what it had posted applies, what it held comes back. */
    public CompletableFuture<@Nullable Void> closeLink(int id) {
        CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
        command(() -> {
            endLink(id);
            closed.complete(null);
        });
        return closed;
    }

    /** Makes the pool read-only, if it is not; the future completes when nothing changes any more. */
    public CompletableFuture<@Nullable Void> freeze() {
        return change(() -> {
            seal(status.state() | PoolStatus.STATE_FROZEN);
            if (!PoolStatus.isFrozen(status.freezeEpoch())) {
                status.publishNextFreezeEpoch();
            }
        });
    }

    /** Ends what {@link #freeze} began, if it is frozen; waits for no reader. */
    public CompletableFuture<@Nullable Void> unfreeze() {
        return change(() -> {
            // First the epoch: whoever sees that writes are accepted must also see it.
            endFreeze();
            seal(status.state() & ~PoolStatus.STATE_FROZEN);
        });
    }

    /** Refuses everything from now on; the future completes when what was posted before is applied. */
    public CompletableFuture<@Nullable Void> destroy() {
        return change(() -> seal(status.state() | PoolStatus.STATE_DESTROYED));
    }

    /** Sets who learns, on the manager's thread, of checkpoints that retire; before {@link #start}. */
    public void onRetire(HeldCheckpoints.RetireListener listener) {
        checkpoints.onRetire(listener);
    }

    /**
     * Begins a snapshot of a held checkpoint, or of what one to come holds so far, with everything that
     * was posted before.
     *
     * @param snapshotsMax most at a time
     */
    public CompletableFuture<Snapshot> beginSnapshot(long checkpoint, int snapshotsMax) {
        return ask(() -> {
            drainThrough(postSeal());
            if ((status.state() & PoolStatus.STATE_RESTORING) != 0) {
                throw new DDictException(
                        DDictException.Status.UNAVAILABLE,
                        "dictionary is being restored: manager="
                                + number
                                + "; call again when that has ended");
            }
            if (checkpoint < checkpoints.oldest()) {
                throw new CheckpointRetiredException(
                        "checkpoint is retired: checkpoint="
                                + checkpoint
                                + ", oldest="
                                + checkpoints.oldest()
                                + ", newest="
                                + checkpoints.newest()
                                + ", manager="
                                + number);
            }
            Snapshot snapshot = trySnapshot(checkpoint, applied, snapshotsMax);
            if (snapshot == null) {
                throw new DDictException(
                        DDictException.Status.UNAVAILABLE,
                        "too many checkpoints are being persisted: snapshots="
                                + snapshotsMax
                                + ", manager="
                                + number
                                + "; wait for one");
            }
            return snapshot;
        });
    }

    /**
     * Begins a snapshot as of the operation at a position, or returns null if there are as many as there
     * may be. On the manager's thread.
     */
    public @Nullable Snapshot trySnapshot(long checkpoint, long position, int snapshotsMax) {
        if (pool.snapshots().count() >= snapshotsMax) {
            status.count(PoolCounter.PERSISTS_SKIPPED, 1);
            return null;
        }
        return pool.snapshots().begin(checkpoint, position);
    }

    /** Copies the next part of a snapshot; the future holds its length, 0 at the end. */
    public CompletableFuture<Long> copy(Snapshot snapshot, MemorySegment target) {
        return ask(() -> snapshot.copy(target));
    }

    /**
     * Lets changes be taken by {@link #takeChanges}; before {@link #start}.
     *
     * @param onFull called on the manager's thread when it waits until they are taken; to be brief
     * @param copyAge how long ago that was which is copied, in nanoseconds
     */
    public void trackChanges(Runnable onFull, LongSupplier copyAge) {
        pool.snapshots().trackChanges();
        batchLimit = TRACKED_BATCH_LIMIT;
        changes = new Changes.Listener(onFull, copyAge);
    }

    /** Sets how many bytes may change before they are taken; then the manager waits. */
    public void limitChanges(long bytes) {
        pool.snapshots().limitChanges(bytes);
    }

    /** Takes what changed since this was called last, to be copied; {@link #endChanges} must follow. */
    public CompletableFuture<Changes> takeChanges() {
        return ask(() -> {
            RoaringBitmap changed = pool.snapshots().takeChanged();
            return new Changes(
                    changed,
                    pool.snapshots().begin(checkpoints.newest(), applied, changed.clone()),
                    applied);
        });
    }

    /** Ends the copying of changes; those that were not copied count as changed again. */
    public void endChanges(Changes taken, boolean copied) {
        command(() -> {
            pool.snapshots().end(taken.records());
            if (!copied) {
                pool.snapshots().putBackChanged(taken.ordinals());
                status.count(PoolCounter.COPIES_FAILED, 1);
            }
            endBatch();
        });
    }

    /** Ends a snapshot, and counts whether it was written. */
    public void endSnapshot(Snapshot snapshot, boolean written) {
        command(() -> {
            pool.snapshots().end(snapshot);
            status.count(written ? PoolCounter.PERSISTS : PoolCounter.PERSISTS_FAILED, 1);
            endBatch();
        });
    }

    /**
     * Refuses every client from now on, lets what was posted end, and empties the pool, which then holds
     * one checkpoint, to be loaded.
     */
    public CompletableFuture<@Nullable Void> beginRestore(long checkpoint) {
        return change(() -> {
            status.publishRestoring();
            drainThrough(postSeal());
            applier.queues().clear();
            endFreeze();
            empty(checkpoint);
        });
    }

    /** Ends what {@link #beginRestore} began: clients see what was loaded, or an empty pool. */
    public CompletableFuture<@Nullable Void> endRestore(
            long checkpoint, boolean keep, boolean frozen) {
        return change(() -> {
            drainThrough(postSeal());
            if (!keep) {
                empty(checkpoint);
            }
            long open = status.state() & ~PoolStatus.STATE_RESTORING;
            status.publishState(frozen ? open | PoolStatus.STATE_FROZEN : open);
            checkpoints.publish();
            status.publishEntryCount(pool.entryCount());
            if (frozen) {
                status.publishNextFreezeEpoch();
            }
            applier.onAdvance();
        });
    }

    private void empty(long checkpoint) {
        pool.restart(checkpoint, applied);
        endBatch();
    }

    /** Stops the thread; {@link #close} is to follow. */
    public void stop() {
        doorbell.ring();
        runner.close();
    }

    /** Stops the thread and unmaps the pool. The files stay. */
    @Override
    public void close() {
        stop();
        applier.queues().close();
        links.values().forEach(Link::close);
        links.clear();
        doorbell.close();
        pool.close();
    }

    private void endFreeze() {
        if (PoolStatus.isFrozen(status.freezeEpoch())) {
            status.publishNextFreezeEpoch();
        }
    }

    // An error of the change itself is a broken invariant, and the manager's end.
    private CompletableFuture<@Nullable Void> change(Runnable change) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        if (failure.get() != null) {
            done.completeExceptionally(stopped());
        } else {
            command(() -> {
                change.run();
                done.complete(null);
            });
        }
        return done;
    }

    // What cannot be answered is the asker's error alone.
    private <T> CompletableFuture<T> ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (failure.get() != null) {
            answer.completeExceptionally(stopped());
        } else {
            command(() -> {
                try {
                    answer.complete(question.get());
                } catch (DDictException | InternalError e) {
                    // The latter is how a mapped file that cannot be read is told: a value on a disk.
                    answer.completeExceptionally(e);
                }
            });
        }
        return answer;
    }

    private IllegalStateException stopped() {
        return new IllegalStateException("manager has stopped: manager=" + number);
    }

    private void command(Runnable command) {
        commands.offer(command);
        doorbell.ring();
    }

    private boolean hasWork() {
        return ring.isFilled(applied) && !isHeld
                || !commands.isEmpty()
                || pool.spill() != null && pool.spill().hasCopied();
    }

    // Whoever copies changes away may be too far behind.
    private boolean mayChange() {
        boolean wasHeld = isHeld;
        isHeld = pool.snapshots().isOverLimit();
        if (isHeld && !wasHeld && changes != null) {
            status.count(PoolCounter.COPIES_AWAITED, 1);
            changes.onFull().run();
        }
        return !isHeld;
    }

    private int runCommands() {
        int count = 0;
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
            count++;
        }
        return count;
    }

    private int drainRing() {
        if (!ring.isFilled(applied)) {
            return 0;
        }
        pool.beforeBatch();
        long end = applied + batchLimit;
        long position = applied;
        int filled = lookAhead.load(position);
        while (filled > 0 && position < end) {
            for (int i = 0; i < filled; i++) {
                applyAt(i, position++);
            }
            // Before the position: whoever waited for that may read the count next.
            status.publishEntryCount(pool.entryCount());
            status.publishApplied(position);
            postSealIfDue();
            filled = lookAhead.load(position);
        }
        int count = (int) (position - applied);
        applied = position;
        endBatch();
        status.publishApplied(position);
        return count;
    }

    private void endBatch() {
        pool.afterBatch(pool.hasDeferredFrees() ? oldestPin() : Long.MAX_VALUE);
        checkpoints.publishRetiring();
        if (pool.fullBits().isSet() && applier.grants().takeBackOffers() > 0) {
            pool.afterBatch(oldestPin());
        }
    }

    private void applyAt(int index, long position) {
        Link link = lookAhead.link(index);
        if (link == null) {
            status.count(PoolCounter.OPERATIONS_MALFORMED, lookAhead.isSeal(index) ? 0 : 1);
            if (applier.hasDeferred()) {
                applier.applyDeferred(position);
            }
        } else {
            applier.apply(link, lookAhead.offset(index), position, lookAhead.ordinal(index));
        }
    }

    // Only this thread changes the state word. The change has taken effect when everything is applied
    // that was posted under the old state.
    private void seal(long state) {
        status.publishState(state);
        drainThrough(postSeal());
        applier.queues().closeLanes();
    }

    // Whoever posts behind the SEAL has seen the state word that was set before it.
    private long postSeal() {
        long position = trySeal();
        while (position < 0) {
            drainRing();
            position = trySeal();
        }
        return position;
    }

    private void drainThrough(long position) {
        while (applied <= position) {
            drainRing();
        }
    }

    // Versions that went with their checkpoint are pruned when everything is applied that was posted
    // before. If the ring is full now it will have room after the next few operations.
    private void postSealIfDue() {
        if (checkpoints.isSealDue()) {
            long position = trySeal();
            if (position >= 0) {
                checkpoints.sealed(position);
            }
        }
    }

    private void wakeDeferred() {
        long noWrites = PoolStatus.STATE_FROZEN | PoolStatus.STATE_RESTORING;
        if ((status.state() & noWrites) == 0) {
            if (!deferred.isEmpty()) {
                deferred.sealReady(applier.canAdvance(), this::trySeal);
            }
            applier.sealAdds(this::trySeal);
        }
        if (applier.takeChanged()) {
            applier.wakeReads();
        }
    }

    private void wakeClients() {
        // Full fence: whoever says that it sleeps looks for answers after that.
        java.lang.invoke.VarHandle.fullFence();
        answered.forEach(Link::wake);
        answered.clear();
    }

    private long trySeal() {
        return ring.tryPublish(PostingRing.LINK_OF_SEAL, 0, PostingRing.TAG_ALL, 0);
    }

    private int prune() {
        if (!checkpoints.isPruningDue(applied)) {
            return 0;
        }
        boolean _ = checkpoints.prune(applied, PRUNE_LIMIT);
        endBatch();
        return 1;
    }

    // Moves large values to the disk where memory is short, if they may be.
    private int spill() {
        Spill spill = pool.spill();
        if (spill == null || !spill.step(status.applied())) {
            return 0;
        }
        endBatch();
        passPins();
        return 1;
    }

    // What was given up comes back when the readers are gone that had pins by then; those that come while
    // nothing is posted would not be told from them.
    private void passPins() {
        if (!isHeld && pool.coming().needsSeal(applied)) {
            long _ = trySeal();
        }
    }

    // One move towards joined free space; whether it did anything.
    private boolean compact() {
        boolean moved = pool.compact(status.applied());
        pool.afterBatch(oldestPin());
        return moved;
    }

    private long oldestPin() {
        // Full fence: the generations bumped must be visible before the pins are read.
        java.lang.invoke.VarHandle.fullFence();
        long oldest = Long.MAX_VALUE;
        for (Link link : links.values()) {
            oldest = Math.min(oldest, link.oldestPin());
        }
        return oldest;
    }

    private void keepHouse(long nowNs) {
        status.publishHeartbeat(nowNs);
        ring.raiseLow();
        Integer oldest = inherited.poll();
        if (oldest != null) {
            endLinkOfDead(oldest);
        }
        applier.queues().keepHouse();
        pool.beforeBatch();
        if (!PoolStatus.isFrozen(status.freezeEpoch())) {
            int _ = pool.expiry().step(EXPIRY_LIMIT, applied);
        }
        if (pool.spill() != null) {
            pool.spill().keepHouse();
        }
        passPins();
        endBatch();
        pool.publishGauges();
        if (changes != null) {
            status.gauge(PoolCounter.COPY_AGE_MS, changes.copyAge().getAsLong() / 1_000_000);
        }
        lookAtLinks();
        compactionDue = pool.isCompactionDue();
    }

    private void lookAtLinks() {
        long pins = 0;
        long refused = 0;
        long quotaRefused = 0;
        for (Link link : links.values()) {
            pins += link.pins();
            refused += link.takeRefused();
            quotaRefused += link.takeQuotaRefused();
        }
        status.gauge(PoolCounter.PINS, pins);
        status.count(PoolCounter.CALLS_REFUSED, refused);
        status.count(PoolCounter.QUOTA_REFUSED, quotaRefused);
    }

    private void recordFull() {
        if (Recordings.areOn()) {
            PoolFullEvent.record(number, pool);
        }
    }

    private int makeLink(long quota) throws IOException {
        if (!pool.hasRoomForLinks(links.size() + 1)) {
            throw new IllegalStateException(
                    "too many clients for the memory of a manager: clients="
                            + links.size()
                            + ", memoryLength="
                            + mapped.geometry().dataLength()
                            + "B; raise totalMemory");
        }
        int id = nextLinkId;
        while (links.containsKey(id) || Files.exists(mapped.linkPath(id))) {
            id = id % (PostingRing.LINKS_MAX - 1) + 1;
            if (id == nextLinkId) {
                throw new IllegalStateException(
                        "too many links: linksMax=" + (PostingRing.LINKS_MAX - 1));
            }
        }
        nextLinkId = id % (PostingRing.LINKS_MAX - 1) + 1;
        Arena arena = Arena.ofShared();
        MemoryRegion region = mapped.createLink(id, arena);
        if (quota != PoolLimits.NO_QUOTA) {
            region.putLong(LinkLayout.QUOTA_OFFSET, quota);
        }
        adoptLink(id, arena, region);
        holdBack();
        return id;
    }

    private Link adoptLink(int id, Arena arena, MemoryRegion region) throws IOException {
        Link link = new Link(
                id, arena, region, Doorbell.open(mapped.bellPath(id)), answered::add);
        links.put(id, link);
        LinkShares shares = pool.shares();
        if (shares != null) {
            shares.open(id, region);
        }
        status.gauge(PoolCounter.LINKS, links.size());
        return link;
    }

    private void endLink(int id) {
        Link link = links.get(id);
        if (link == null) {
            return;
        }
        drainThrough(postSeal());
        links.remove(id);
        applier.endLink(link);
        pool.loans().endHolds(id);
        status.count(PoolCounter.CALLS_REFUSED, link.takeRefused());
        status.count(PoolCounter.QUOTA_REFUSED, link.takeQuotaRefused());
        status.endedTimes().addAll(link.times());
        LinkShares shares = pool.shares();
        if (shares != null) {
            shares.close(id);
        }
        link.freeGrants(pool);
        link.close();
        try {
            Files.deleteIfExists(mapped.linkPath(id));
            Files.deleteIfExists(mapped.bellPath(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        status.gauge(PoolCounter.LINKS, links.size());
        holdBack();
    }

    private void holdBack() {
        pool.holdBack(links.size());
    }

    // A successor's: whoever has a link may still post, and write into the blocks he holds.
    private void adoptLinks() throws IOException {
        mapped.deleteLanes();
        for (int id : mapped.linkIds()) {
            Arena arena = Arena.ofShared();
            adoptLink(id, arena, mapped.openLink(id, arena)).adoptHeld(pool);
        }
        for (long position = applied; ring.isFilled(position); position++) {
            adoptPostedBlock(ring.slot(position));
        }
        pool.keptBlocks().freeAll();
    }

    private void adoptPostedBlock(long slot) {
        Link link = links.get(PostingRing.link(slot));
        long offset =
                LinkLayout.STAGING_OFFSET
                        + (long) PostingRing.stagingIndex(slot) * PostingRing.STAGING_UNIT;
        if (link == null || offset + Operation.HEADER_LENGTH > link.region().length()) {
            return;
        }
        Operation operation = new Operation(link.region()).wrap(link.region(), offset);
        if (operation.block() != 0 && operation.kind() == Operation.PUT) {
            int page = LinkLayout.grantPage(operation.block());
            int pages = pool.keptBlocks().take(page);
            if (pages != MemoryPool.NO_BLOCK && !link.grant(page, pages)) {
                pool.freeBlock(page, pages);
            }
        }
    }

    // A link that was taken over: no socket tells of its client's end, but the kernel does.
    private void endLinkOfDead(int id) {
        if (!mapped.isLinkInUse(id)) {
            endLink(id);
        } else if (links.containsKey(id)) {
            inherited.add(id);
        }
    }

    private void onFailure(Throwable error) {
        failure.compareAndSet(null, error);
        status.publishState(status.state() | PoolStatus.STATE_LOST);
        LOGGER.log(
                System.Logger.Level.ERROR,
                "manager stopped at a broken invariant: manager=" + number + ", applied=" + applied,
                error);
        throw new org.agrona.concurrent.AgentTerminationException(error);
    }

    private final class OwnUpkeep implements Upkeep {
        @Override
        public boolean compactFor(int pages) {
            boolean moved = pool.compact(status.applied(), pages);
            pool.afterBatch(oldestPin());
            return moved;
        }

        @Override
        public void endBatch() {
            Manager.this.endBatch();
        }
    }
}
