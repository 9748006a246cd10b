package io.ddict.manager.serving;

import io.ddict.manager.serving.Waiters.Waiter;
import io.ddict.store.HeldCheckpoints;
import io.ddict.store.LinkShares;
import io.ddict.store.Loan;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.WorkingSet;
import java.util.function.LongSupplier;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/*
 * Turns the bytes of a posted operation into calls on the memory pool. Bytes come from other
 * processes, so lengths and blocks are checked against what the link really holds before anything
 * is touched; what fails is counted and dropped, as nobody could make sense of an answer.
 */

/** Applies operations, one by one, in ring order. Owned by the agent's thread. */
final class OperationApplier {
    private final MemoryPool pool;
    private final HeldCheckpoints checkpoints;
    private final PoolStatus status;
    private final MemoryRegion data;
    private final Waiters waiters;
    private final Upkeep upkeep;
    private final Operation operation;
    private final Soundness soundness;
    private final boolean isVersioned;
    private final boolean waits;
    private final boolean waitsForWriters;
    private final DeferredWrites deferred;
    private final KeyWaiters keyWaiters;
    private final Writers writers;
    private final Grants grants;
    private final BoundedAdds adds;
    private final SharedQueues queues;
    private final @Nullable LinkShares shares;
    private boolean hasChanged;
    private int guess;
    private long checkpoint;
    private long position;
    private final long answersFrom;
    private boolean isAnswered;
    // Whether the operation came upon a value that ends by itself.
    private boolean isTimed;

    OperationApplier(
            MemoryPool pool,
            Waiters waiters,
            DeferredWrites deferred,
            Int2ObjectHashMap<Link> links,
            Upkeep upkeep,
            long answersFrom) {
        this.pool = pool;
        this.checkpoints = pool.checkpoints();
        this.status = pool.mapped().status();
        this.data = pool.mapped().data();
        this.waiters = waiters;
        this.upkeep = upkeep;
        this.operation = new Operation(data);
        WorkingSet rules = pool.mapped().geometry().workingSet();
        this.isVersioned = rules.hasVersions();
        this.soundness = new Soundness(isVersioned, data.length());
        this.waits = rules.waits();
        this.waitsForWriters = rules.waitsForWriters();
        this.deferred = deferred;
        this.keyWaiters = new KeyWaiters(pool, deferred);
        this.writers = new Writers(checkpoints, links);
        this.grants = new Grants(pool, links, upkeep, this::forgetBefore, this::answer);
        this.adds = new BoundedAdds(pool);
        this.queues = new SharedQueues(pool, grants, this::answer);
        this.shares = pool.shares();
        this.answersFrom = answersFrom;
    }

    /**
     * Applies the operation staged at an offset of a link.
     *
     * @param guess ordinal that its key may have, or 0
     */
    void apply(Link link, long offset, long position, int guess) {
        this.guess = guess;
        this.position = position;
        operation.wrap(link.region(), offset);
        isAnswered = position >= answersFrom;
        isTimed = false;
        if (!soundness.isSound(operation, link.region().length() - offset)) {
            status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
            return;
        }
        checkpoint = operation.checkpoint();
        if (shares != null) {
            shares.writtenBy(link.id());
        }
        if (checkpoint != checkpoints.newest()
                && (isRefused(link, position) || waits && isDeferred(link))) {
            return;
        }
        byte kind = operation.kind();
        if (kind == Operation.PUT) {
            put(link, position);
        } else {
            dispatch(link, position);
        }
        if (waitsForWriters) {
            noteWriter(link, kind);
        }
    }

    private void dispatch(Link link, long position) {
        switch (operation.kind()) {
            case Operation.PUT -> put(link, position);
            case Operation.REMOVE -> remove(link, position);
            case Operation.GET_AND_ADD -> add(link, position);
            case Operation.AWAIT_VALUE -> awaitValue(link);
            case Operation.AWAIT_KEY -> keyWaiters.add(link, operation);
            case Operation.ADD_WITHIN -> addWithin(link, position);
            case Operation.OFFER, Operation.TAKE, Operation.ACKNOWLEDGE, Operation.QUEUE_SIZE,
                    Operation.DROP_QUEUE, Operation.OPEN_LANE, Operation.WAKE_TAKER -> {
                if (!queues.apply(link, operation, position)) {
                    throw noRoom(link, position);
                }
            }
            case Operation.CANCEL -> {
                cancel(link, operation.operand());
                queues.cancel(link, operation.operand(), position);
                answer(link, Status.OK, 0, 0);
            }
            case Operation.GRANT -> {
                if (position >= answersFrom) {
                    forgetBefore(position);
                    grants.grant(link, operation);
                }
            }
            case Operation.RETURN_BLOCK -> grants.takeBack(link, operation);
            case Operation.CLEAR -> clear(link, position);
            case Operation.FIND -> find(link);
            case Operation.LEND -> lend(link);
            case Operation.END_LEND -> pool.loans().endHold(operation.operand(), link.id());
            case Operation.FENCE -> answer(link, Status.OK, 0, 0);
            case Operation.SIZE -> answer(link, Status.OK, checkpoints.entryCount(checkpoint), 0);
            case Operation.ADVANCE -> advance(link);
            default -> status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        }
    }

    private long inlineValueLength() {
        boolean hasValue = operation.kind() == Operation.PUT && operation.block() == 0;
        return hasValue ? operation.valueLength() : 0;
    }

    // Operations at another checkpoint than the newest: whether this one cannot be applied at all. One
    // that was accepted before its checkpoint retired is applied, unless its caller can still be told.
    private boolean isRefused(Link link, long position) {
        if (checkpoint < 0 || checkpoint > WorkingSet.CHECKPOINT_MAX) {
            status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
            dropBlock(link, position);
            return true;
        }
        if (checkpoint >= checkpoints.oldest() || !isOfCheckpoint(operation.kind())) {
            return false;
        }
        if (operation.kind() == Operation.PUT && operation.correlation() == 0) {
            return false;
        }
        dropBlock(link, position);
        answer(link, Status.RETIRED, checkpoints.oldest(), checkpoints.newest());
        return true;
    }

    private static boolean isOfCheckpoint(byte kind) {
        return switch (kind) {
            case Operation.CANCEL, Operation.GRANT, Operation.RETURN_BLOCK, Operation.FIND,
                    Operation.FENCE, Operation.END_LEND -> false;
            default -> true;
        };
    }

    private void dropBlock(Link link, long position) {
        if (operation.block() != 0) {
            int page = LinkLayout.grantPage(operation.block());
            int pages = link.endGrant(page);
            if (pages > 0) {
                pool.freeBlockAfterBatch(page, pages, position);
            }
        }
    }

    // Beyond the newest checkpoint, where a write may have to wait for others: whether it was put aside.
    private boolean isDeferred(Link link) {
        if (checkpoint <= checkpoints.newest() || !isAdvancing(link) || canReach()) {
            return false;
        }
        if (operation.kind() == Operation.ADVANCE && operation.operand() == Operation.NO_WAIT) {
            answer(link, Status.FUTURE, checkpoints.oldest(), checkpoints.newest());
        } else if (operation.correlation() == 0 || deferred.isFullOf(link)) {
            // Nobody could be told; no client of ours posts such.
            status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        } else {
            deferred.add(new DeferredWrite(link, operation, inlineValueLength()));
        }
        return true;
    }

    // Whether the operation would store something, so that the working set has to move on for it.
    private boolean isAdvancing(Link link) {
        return switch (operation.kind()) {
            case Operation.CLEAR, Operation.ADVANCE, Operation.GET_AND_ADD -> true;
            case Operation.REMOVE -> aim(findInline()) != 0;
            case Operation.PUT -> operation.flags() == 0 || isConditionMet(link);
            default -> false;
        };
    }

    private boolean isConditionMet(Link link) {
        if (operation.block() == 0) {
            return outcomeOfCondition(aim(findInline())) == Status.OK;
        }
        int page = LinkLayout.grantPage(operation.block());
        int needed = RecordLayout.pages(operation.keyLength(), operation.valueLength());
        return link.grantedPages(page) >= needed
                && outcomeOfCondition(aim(findInBlock(page))) == Status.OK;
    }

    // Moves the working set on as far as it can, or as is needed; whether that was far enough.
    private boolean canReach() {
        while (checkpoints.newest() < checkpoint && canAdvance()) {
            checkpoints.advance(checkpoints.newest() + 1, position);
            onAdvance();
        }
        return checkpoint <= checkpoints.newest();
    }

    /** Whether the working set can move on by one checkpoint. */
    boolean canAdvance() {
        return !checkpoints.isFull()
                || !checkpoints.isOldestAwaited() && (!waitsForWriters || writers.haveLeftOldest());
    }

    // Moves the working set on, so that a write at a checkpoint beyond the newest one can be applied.
    private void reachCheckpoint() {
        if (checkpoint > checkpoints.newest()) {
            checkpoints.advance(checkpoint, position);
            onAdvance();
        }
    }

    /** After other checkpoints came to be held: whoever waits looks again. */
    void onAdvance() {
        if (!waiters.isEmpty()) {
            waiters.onAdvance();
        }
        hasChanged = true;
    }

    private void noteWriter(Link link, byte kind) {
        if (kind == Operation.PUT || kind == Operation.GET_AND_ADD || kind == Operation.REMOVE
                || kind == Operation.CLEAR) {
            writers.wrote(link.id(), checkpoint);
        }
    }

    /** The blocks that clients hold. */
    Grants grants() {
        return grants;
    }

    /** Whether something may have its turn at the position of a SEAL. */
    boolean hasDeferred() {
        return !deferred.isEmpty() || adds.hasSealed();
    }

    /** Posts a SEAL for each waiting addition whose turn it is. */
    void sealAdds(LongSupplier seal) {
        adds.sealReady(seal);
    }

    /** Applies what has its turn at the position of a SEAL, if there is something. */
    void applyDeferred(long position) {
        BoundedAdds.Waiting add = adds.takeSealed(position);
        if (add != null) {
            applyAdd(add, position);
            return;
        }
        DeferredWrite write = deferred.at(position);
        if (write == null) {
            return;
        }
        guess = 0;
        isAnswered = true;
        this.position = position;
        operation.wrap(write.copy(), 0);
        checkpoint = operation.checkpoint();
        long noWrites = PoolStatus.STATE_FROZEN | PoolStatus.STATE_RESTORING;
        boolean isRefusedNow = (status.state() & noWrites) != 0;
        if (isRefusedNow || checkpoint >= checkpoints.oldest() && isAdvancing(write.link())
                && !canReach()) {
            write.unseal();
            return;
        }
        deferred.remove(write);
        hasChanged = true;
        if (shares != null) {
            shares.writtenBy(write.link().id());
        }
        if (isRefused(write.link(), position) || isFull(write.link(), position)) {
            return;
        }
        dispatch(write.link(), position);
        if (waitsForWriters) {
            noteWriter(write.link(), operation.kind());
        }
    }

    private void applyAdd(BoundedAdds.Waiting add, long position) {
        guess = 0;
        isAnswered = true;
        isTimed = false;
        this.position = position;
        operation.wrap(add.copy(), 0);
        checkpoint = operation.checkpoint();
        if ((status.state() & PoolStatus.STATE_FROZEN) != 0 || !adds.isWithin(operation)) {
            adds.putBack(add);
        } else if (!isFull(add.link(), position)) {
            if (shares != null) {
                shares.writtenBy(add.link().id());
            }
            add(add.link(), position);
        }
    }

    // What is held back covers what is posted: a write that is no longer may find no room.
    private boolean isFull(Link link, long position) {
        long valueLength = isAdding() ? Long.BYTES : inlineValueLength();
        if (operation.kind() == Operation.CLEAR
                || pool.fullBits().hasRoomFor(operation.keyLength(), valueLength)) {
            return false;
        }
        dropBlock(link, position);
        answerFull(link);
        return true;
    }

    private void answerFull(Link link) {
        pool.coming().refusing();
        answer(link, Status.FULL, pool.freeBytes(), pool.largestFreeBytes());
    }

    // Under a long key also a counter or mark needs a block, which nobody has asked for before.
    private boolean needsBlock(long valueLength) {
        return !SizeClasses.isSmall(operation.keyLength(), valueLength);
    }

    /** Whether something changed that deferred calls may have waited for; forgets it. */
    boolean takeChanged() {
        boolean changed = hasChanged;
        hasChanged = false;
        return changed;
    }

    private boolean isAdding() {
        return operation.kind() == Operation.GET_AND_ADD
                || operation.kind() == Operation.ADD_WITHIN;
    }

    /** Forgets one request of a link, or with correlation 0 all of them. */
    private void cancel(Link link, long correlation) {
        waiters.cancel(link, correlation);
        keyWaiters.cancel(link, correlation);
        deferred.cancel(link, correlation);
        adds.cancel(link, correlation);
        hasChanged = true;
    }

    /** Forgets all requests of a link whose client has ended, and does what is due at its end. */
    void endLink(Link link) {
        if (shares != null) {
            shares.writtenBy(LinkShares.NOBODY);
        }
        cancel(link, 0);
        adds.endLink(link);
        queues.endLink(link);
    }

    /** The queues. */
    SharedQueues queues() {
        return queues;
    }

    private void advance(Link link) {
        reachCheckpoint();
        answer(link, Status.OK, checkpoints.oldest(), checkpoints.newest());
    }

    private void put(Link link, long position) {
        if (operation.block() == 0) {
            putInline(link, position);
        } else {
            putBlock(link, position);
        }
    }

    private void putInline(Link link, long position) {
        if (operation.valueTag() == RecordLayout.TAG_LENT) {
            putLent(link, position);
            return;
        }
        int ordinal = findInline();
        Status outcome = condition(aim(ordinal));
        if (outcome == Status.OK) {
            reachCheckpoint();
            int target = target(ordinal);
            if (!isDone(target, position)) {
                if (!pool.storeInline(target, operation, position)) {
                    throw noRoom(link, position);
                }
                onWrite();
            }
        }
        answer(link, outcome, position + 1, 0);
    }

    // A value that another manager has, which keeps it lent for as long as this is not applied.
    private void putLent(Link link, long position) {
        int ordinal = findInline();
        int _ = aim(ordinal);
        reachCheckpoint();
        int target = target(ordinal);
        if (!isDone(target, position)) {
            Loan loan = pool.borrowed().borrow(operation);
            if (loan == null) {
                status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
                return;
            }
            if (!pool.storeLent(target, operation, loan, position)) {
                throw noRoom(link, position);
            }
            onWrite();
        }
        answer(link, Status.OK, position + 1, 0);
    }

    private void lend(Link link) {
        int ordinal = findInline();
        int page = ordinal == 0
                ? MemoryPool.NO_BLOCK
                : pool.loans().lend(ordinal, operation.operand(), link.id());
        answer(link, page == MemoryPool.NO_BLOCK ? Status.ABSENT : Status.OK, page, 0);
    }

    // What the operation's checkpoint sees of a key, or 0.
    private int aim(int ordinal) {
        if (isVersioned) {
            return checkpoints.aim(ordinal, checkpoint, operation.isPersistent());
        }
        if (pool.expiry().isDue() && ordinal != 0 && pool.values().isTimed(ordinal)) {
            isTimed = true;
            return pool.values().isOver(ordinal) ? 0 : ordinal;
        }
        return ordinal;
    }

    // The entry that takes what the operation stores, or 0 for one of its own.
    private int target(int ordinal) {
        return isVersioned ? checkpoints.target() : ordinal;
    }

    private void putBlock(Link link, long position) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        int needed = RecordLayout.pages(operation.keyLength(), operation.valueLength());
        if (pages < needed) {
            grants.drop(link, page, pages);
            return;
        }
        int ordinal = findInBlock(page);
        Status outcome = condition(aim(ordinal));
        if (outcome == Status.OK) {
            reachCheckpoint();
        }
        int target = target(ordinal);
        if (outcome == Status.OK && !isDone(target, position)) {
            if (!pool.storeBlock(target, operation, page, pages, position)) {
                throw noRoom(link, position);
            }
            onWrite();
        } else if (!isBlockInUse(target, page)) {
            pool.freeBlockAfterBatch(page, pages, position);
        }
        answer(link, outcome, position + 1, 0);
        grants.offerAnother(link, pages, position);
    }

    // Only a successor meets a block that is in use: its operation was applied before the crash.
    private boolean isBlockInUse(int ordinal, int page) {
        return ordinal != 0
                && pool.mapped().entries().handle(ordinal)
                        == io.ddict.store.pool.Handle.block(page);
    }

    // No successor repeats what came before. A block may have been another operation's a moment ago:
    // repeated, that operation would free it, or store it, while the one it is given to writes into it.
    private void forgetBefore(long position) {
        status.publishEntryCount(pool.entryCount());
        status.publishApplied(position);
    }

    private void remove(Link link, long position) {
        int ordinal = findInline();
        int seen = aim(ordinal);
        Status outcome = seen == 0 ? Status.ABSENT : condition(seen);
        boolean withoutTrace = false;
        if (outcome == Status.OK) {
            reachCheckpoint();
            if (!isDone(target(ordinal), position)) {
                withoutTrace = checkpoints.removesWithoutTrace();
                if (!removeSeen(link, ordinal, position)) {
                    answerFull(link);
                    return;
                }
            }
        }
        answer(link, outcome, 0, 0);
        if (withoutTrace && isVersioned) {
            // Nor is the removal repeated: it might meet an older version that was put since.
            forgetBefore(position + 1);
        }
    }

    // Whether there was room for the mark, if it leaves one.
    private boolean removeSeen(Link link, int ordinal, long position) {
        if (checkpoints.removesWithoutTrace() || needsBlock(0)) {
            // See MemoryPool: what comes before such a removal is not repeated after it.
            forgetBefore(position);
        }
        if (pool.removeAimed(ordinal, operation, position)) {
            onWrite();
            return true;
        }
        if (needsBlock(0)) {
            return false;
        }
        throw noRoom(link, position);
    }

    private void addWithin(Link link, long position) {
        if (adds.isWithin(operation) && !adds.isBehindOthers(operation)) {
            add(link, position);
        } else if (operation.flags() == Operation.AT_ONCE) {
            answer(link, Status.CONFLICT, 0, 0);
        } else if (operation.correlation() == 0) {
            // Nobody could be told; no client of ours posts such.
            status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        } else {
            adds.await(link, operation);
        }
    }

    // An ADD_WITHIN with nothing to add only waited.
    private void add(Link link, long position) {
        int ordinal = findInline();
        int seen = aim(ordinal);
        if (!adds.isInteger(seen)) {
            answer(link, Status.TYPE, pool.values().tag(seen), 0);
            return;
        }
        long before = adds.value(seen);
        boolean isChange = operation.kind() == Operation.GET_AND_ADD || operation.operand() != 0;
        if (isChange && !storeSum(link, ordinal, before, position)) {
            answerFull(link);
            return;
        }
        if (operation.kind() == Operation.ADD_WITHIN) {
            adds.noteEnd(link, operation);
        }
        answer(link, Status.OK, before, position + 1);
    }

    // Whether there was room.
    private boolean storeSum(Link link, int ordinal, long before, long position) {
        reachCheckpoint();
        int target = target(ordinal);
        if (isDone(target, position)) {
            return true;
        }
        if (needsBlock(Long.BYTES)) {
            forgetBefore(position);
        }
        if (pool.storeLong(target, operation, before + operation.operand(), position)) {
            onWrite();
            return true;
        }
        if (needsBlock(Long.BYTES)) {
            return false;
        }
        throw noRoom(link, position);
    }

    private void clear(Link link, long position) {
        reachCheckpoint();
        long before = checkpoints.entryCount(checkpoint);
        // It leaves no trace of what it ends: nothing before it is repeated after it.
        forgetBefore(position);
        if (!pool.clear(checkpoint, position)) {
            answerFull(link);
            return;
        }
        hasChanged = true;
        adds.onClear();
        queues.clear();
        // Who cleared it may put at once, and must not be told that it is full.
        upkeep.endBatch();
        answer(link, Status.OK, before - checkpoints.entryCount(checkpoint), 0);
        if (isVersioned) {
            forgetBefore(position + 1);
        }
    }

    private void find(Link link) {
        int ordinal = findInline();
        answer(link, ordinal == 0 ? Status.ABSENT : Status.OK, ordinal, replacedOf(link, ordinal));
    }

    // Bytes of the link's quota that a put of the key at the checkpoint would give back to it.
    private long replacedOf(Link link, int ordinal) {
        if (shares == null || ordinal == 0) {
            return 0;
        }
        int replaced = aim(ordinal) == 0 && !isVersioned ? 0 : target(ordinal);
        return replaced == 0 ? 0 : shares.lengthOf(replaced, link.id());
    }

    /** Answers deferred reads that something may have changed for. */
    void wakeReads() {
        keyWaiters.onChange();
    }

    private void awaitValue(Link link) {
        Waiter waiter = waiters.of(link, operation, checkpoint);
        if (waiter == null) {
            grants.drop(link, 0, 0);
            return;
        }
        long version = waiter.versionIfEqual(pool, operation.hash());
        if (version != 0) {
            answer(link, Status.OK, version, 0);
            waiter.release(pool);
        } else {
            waiters.add(operation.hash(), waiter);
        }
    }

    private int findInline() {
        return pool.find(
                guess,
                operation.hash(),
                operation.keyTag(),
                operation.region(),
                operation.keyOffset(),
                operation.keyLength());
    }

    private int findInBlock(int page) {
        return pool.find(
                guess,
                operation.hash(),
                operation.keyTag(),
                data,
                (long) page * PoolGeometry.PAGE_LENGTH + RecordLayout.HEADER_LENGTH,
                operation.keyLength());
    }

    private Status condition(int ordinal) {
        Status outcome = outcomeOfCondition(ordinal);
        if (outcome != Status.OK) {
            status.count(PoolCounter.CONDITIONS_FAILED, 1);
        }
        return outcome;
    }

    private Status outcomeOfCondition(int ordinal) {
        Status outcome = Status.OK;
        if (operation.flags() == Operation.IF_ABSENT && ordinal != 0) {
            outcome = Status.EXISTS;
        } else if (operation.flags() == Operation.IF_VERSION) {
            if (ordinal == 0) {
                outcome = Status.ABSENT;
            } else if (pool.values().version(ordinal) != operation.operand()) {
                outcome = Status.CONFLICT;
            }
        }
        return outcome;
    }

    // Only a successor meets operations that its predecessor had applied: see MemoryPool.
    private boolean isDone(int ordinal, long position) {
        return isVersioned
                ? checkpoints.isSeenAfter(position)
                : ordinal != 0 && (pool.values().version(ordinal) > position || isHidden(ordinal));
    }

    // Where one checkpoint is held: whether what came late lies behind a later one's value.
    private boolean isHidden(int ordinal) {
        return checkpoint != checkpoints.newest() && checkpoints.isHidden(ordinal, checkpoint);
    }

    private void onWrite() {
        if (!waiters.isEmpty()) {
            waiters.onWrite(operation.hash());
        }
        if (!keyWaiters.isEmpty()) {
            keyWaiters.onWrite(operation.hash());
        }
        adds.onWrite(operation.hash());
    }

    private void answer(Link link, Status outcome, long first, long second) {
        byte kind = operation.kind();
        long correlation = operation.correlation();
        if (correlation != 0 && (isTimed || outcome == Status.FULL)) {
            // Decided again a moment later it may come out otherwise: once answered, nobody repeats it. From
            // then on the client may write something else there.
            forgetBefore(position + 1);
        }
        if (correlation != 0
                && isAnswered
                && !link.answer(kind, correlation, outcome, first, second)) {
            status.count(PoolCounter.ANSWERS_DROPPED, 1);
        }
    }

    private IllegalStateException noRoom(Link link, long position) {
        return new IllegalStateException(
                "no room for an accepted operation: position="
                        + position
                        + ", link="
                        + link.id()
                        + ", keyLength="
                        + operation.keyLength()
                        + "B, valueLength="
                        + operation.valueLength()
                        + "B, freeBytes="
                        + pool.freeBytes()
                        + "B");
    }
}
