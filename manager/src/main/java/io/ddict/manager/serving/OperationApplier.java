package io.ddict.manager.serving;

import io.ddict.manager.serving.Waiters.Waiter;
import io.ddict.store.HeldCheckpoints;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.Status;
import io.ddict.store.pool.WorkingSet;
import java.lang.foreign.MemorySegment;
import java.util.function.IntPredicate;
import org.agrona.collections.Int2ObjectHashMap;

/*
 * Turns the bytes of a posted operation into calls on the memory pool. Bytes come from other
 * processes, so lengths and blocks are checked against what the link really holds before anything
 * is touched; what fails is counted and dropped, as nobody could make sense of an answer.
 */

/** Applies operations, one by one, in ring order. Owned by the agent's thread. */
final class OperationApplier {
    /** Tag of a 64-bit integer value; the codec package of the client has the same. */
    private static final byte TAG_LONG = io.ddict.client.codec.Codecs.TAG_LONG;

    private final MemoryPool pool;
    private final HeldCheckpoints checkpoints;
    private final PoolStatus status;
    private final MemoryRegion data;
    private final Waiters waiters;
    private final Int2ObjectHashMap<Link> links;
    private final IntPredicate compaction;
    private final Operation operation;
    private final boolean isVersioned;
    private int guess;
    private long checkpoint;
    private final long answersFrom;
    private boolean isAnswered;

    OperationApplier(
            MemoryPool pool,
            Waiters waiters,
            Int2ObjectHashMap<Link> links,
            IntPredicate compaction,
            long answersFrom) {
        this.pool = pool;
        this.checkpoints = pool.checkpoints();
        this.status = pool.mapped().status();
        this.data = pool.mapped().data();
        this.waiters = waiters;
        this.links = links;
        this.compaction = compaction;
        this.operation = new Operation(data);
        this.isVersioned = pool.mapped().geometry().workingSet().hasVersions();
        this.answersFrom = answersFrom;
    }

    /**
     * Applies the operation staged at an offset of a link.
     *
     * @param guess ordinal that its key may have, or 0
     */
    void apply(Link link, long offset, long position, int guess) {
        this.guess = guess;
        operation.wrap(link.region(), offset);
        isAnswered = position >= answersFrom;
        if (!isWithinBounds(link, offset)) {
            status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
            return;
        }
        checkpoint = operation.checkpoint();
        if (checkpoint != checkpoints.newest() && isRefused(link, position)) {
            return;
        }
        switch (operation.kind()) {
            case Operation.PUT -> put(link, position);
            case Operation.REMOVE -> remove(link, position);
            case Operation.GET_AND_ADD -> getAndAdd(link, position);
            case Operation.AWAIT_VALUE -> awaitValue(link);
            case Operation.CANCEL -> waiters.cancel(link, operation.operand());
            case Operation.GRANT -> grant(link, position);
            case Operation.RETURN_BLOCK -> returnBlock(link);
            case Operation.CLEAR -> clear(link, position);
            case Operation.FIND -> find(link);
            case Operation.FENCE -> answer(link, Status.OK, 0, 0);
            case Operation.SIZE -> answer(link, Status.OK, checkpoints.entryCount(checkpoint), 0);
            case Operation.ADVANCE -> advance(link);
            default -> status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        }
    }

    private boolean isWithinBounds(Link link, long offset) {
        long end = link.region().length();
        if (operation.keyLength() < 0 || operation.keyLength() > PoolGeometry.KEY_LENGTH_MAX) {
            return false;
        }
        if (operation.kind() == Operation.PUT
                && operation.valueTag() == RecordLayout.TAG_DELETED) {
            return false;
        }
        boolean inlineValue =
                operation.block() == 0
                        && (operation.kind() == Operation.PUT
                                || operation.kind() == Operation.AWAIT_VALUE);
        if (operation.block() != 0) {
            return operation.valueLength() >= 0 && operation.valueLength() <= data.length();
        }
        long valueLength = inlineValue ? operation.valueLength() : 0;
        return valueLength >= 0
                && valueLength <= PoolGeometry.INLINE_LENGTH_MAX
                && Operation.length(operation.keyLength(), valueLength) <= end - offset;
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
                    Operation.FENCE -> false;
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

    // Moves the working set on, so that a write at a checkpoint beyond the newest one can be applied.
    private void reachCheckpoint() {
        if (checkpoint > checkpoints.newest()) {
            checkpoints.advance(checkpoint);
        }
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
        int ordinal = findInline(link);
        Status outcome = condition(aim(ordinal));
        if (outcome == Status.OK) {
            reachCheckpoint();
            int target = checkpoints.target(ordinal);
            if (!isDone(target, position)) {
                if (!pool.storeInline(target, operation, link.region(), position)) {
                    throw noRoom(link, position);
                }
                onWrite();
            }
        }
        answer(link, outcome, position + 1, 0);
    }

    // What the operation's checkpoint sees of a key, or 0.
    private int aim(int ordinal) {
        return checkpoints.aim(ordinal, checkpoint, operation.isPersistent());
    }

    private void putBlock(Link link, long position) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        int needed = MemoryPool.pagesOf(operation.keyLength(), operation.valueLength());
        if (pages < needed) {
            dropBlock(link, page, pages);
            return;
        }
        int ordinal = findInBlock(page);
        Status outcome = condition(aim(ordinal));
        if (outcome == Status.OK) {
            reachCheckpoint();
        }
        int target = checkpoints.target(ordinal);
        if (outcome == Status.OK && !isDone(target, position)) {
            if (!pool.storeBlock(target, operation, page, pages, position)) {
                throw noRoom(link, position);
            }
            onWrite();
        } else if (!isBlockInUse(target, page)) {
            pool.freeBlockAfterBatch(page, pages, position);
        }
        answer(link, outcome, position + 1, 0);
        offerAnother(link, pages, position);
    }

    // Only a successor meets a block that is in use: its operation was applied before the crash.
    private boolean isBlockInUse(int ordinal, int page) {
        return ordinal != 0
                && pool.mapped().entries().handle(ordinal)
                        == io.ddict.store.pool.Handle.block(page);
    }

    private void dropBlock(Link link, int page, int pages) {
        status.count(PoolCounter.OPERATIONS_MALFORMED, 1);
        if (pages > 0) {
            pool.freeBlock(page, pages);
        }
        answer(link, Status.MALFORMED, 0, 0);
    }

    // A client that put one block of a size will likely put more: the next one is ready for it.
    private void offerAnother(Link link, int pages, long position) {
        if (pool.hasPagesToSpare(pages) && link.hasRoomForOffer()) {
            forgetBefore(position + 1);
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

    // No successor repeats what came before. A block may have been another operation's a moment ago:
    // repeated, that operation would free it, or store it, while the one it is given to writes into it.
    private void forgetBefore(long position) {
        status.publishEntryCount(pool.entryCount());
        status.publishApplied(position);
    }

    private void remove(Link link, long position) {
        int ordinal = findInline(link);
        int seen = aim(ordinal);
        Status outcome = seen == 0 ? Status.ABSENT : condition(seen);
        boolean withoutTrace = false;
        if (outcome == Status.OK) {
            reachCheckpoint();
            if (!isDone(checkpoints.target(ordinal), position)) {
                withoutTrace = removeSeen(link, ordinal, position);
            }
        }
        answer(link, outcome, 0, 0);
        if (withoutTrace && isVersioned) {
            // Nor is the removal repeated: it might meet an older version that was put since.
            forgetBefore(position + 1);
        }
    }

    private boolean removeSeen(Link link, int ordinal, long position) {
        boolean withoutTrace = checkpoints.removesWithoutTrace();
        if (withoutTrace) {
            // See MemoryPool: what comes before such a removal is not repeated after it.
            forgetBefore(position);
        }
        if (!pool.removeAimed(ordinal, operation, link.region(), position)) {
            throw noRoom(link, position);
        }
        onWrite();
        return withoutTrace;
    }

    private void getAndAdd(Link link, long position) {
        int ordinal = findInline(link);
        int seen = aim(ordinal);
        long before = 0;
        if (seen != 0) {
            if (pool.valueTag(seen) != TAG_LONG || pool.valueLength(seen) != Long.BYTES) {
                answer(link, Status.TYPE, pool.valueTag(seen), 0);
                return;
            }
            before = data.getLong(pool.valueOffset(seen));
        }
        reachCheckpoint();
        int target = checkpoints.target(ordinal);
        if (!isDone(target, position)) {
            long sum = before + operation.operand();
            if (!pool.storeLong(target, operation, link.region(), sum, position)) {
                throw noRoom(link, position);
            }
            onWrite();
        }
        answer(link, Status.OK, before, position + 1);
    }

    private void clear(Link link, long position) {
        reachCheckpoint();
        long before = checkpoints.entryCount(checkpoint);
        // It leaves no trace of what it ends: nothing before it is repeated after it.
        forgetBefore(position);
        if (!pool.clear(checkpoint, position)) {
            answer(link, Status.FULL, pool.freeBytes(), pool.largestFreeBytes());
            return;
        }
        answer(link, Status.OK, before - checkpoints.entryCount(checkpoint), 0);
        if (isVersioned) {
            forgetBefore(position + 1);
        }
    }

    private void find(Link link) {
        int ordinal = findInline(link);
        answer(link, ordinal == 0 ? Status.ABSENT : Status.OK, ordinal, 0);
    }

    private void grant(Link link, long position) {
        if (position < answersFrom) {
            return;
        }
        forgetBefore(position);
        int pages =
                (int) ((operation.valueLength() + PoolGeometry.PAGE_LENGTH - 1)
                        / PoolGeometry.PAGE_LENGTH);
        int page = pages <= 0 ? MemoryPool.NO_BLOCK : pool.grantBlock(pages);
        if (page == MemoryPool.NO_BLOCK && takeBackOffers() > 0) {
            page = pool.grantBlock(pages);
        }
        while (page == MemoryPool.NO_BLOCK
                && pages > 0
                && pool.hasPages(pages)
                && compaction.test(pages)) {
            page = pool.grantBlock(pages);
        }
        if (page != MemoryPool.NO_BLOCK && !link.grant(page, pages)) {
            pool.freeBlock(page, pages);
            page = MemoryPool.NO_BLOCK;
        }
        if (page == MemoryPool.NO_BLOCK) {
            status.count(PoolCounter.GRANTS_REFUSED, 1);
            answer(link, Status.FULL, pool.freeBytes(), pool.largestFreeBytes());
            return;
        }
        status.count(PoolCounter.GRANTS, 1);
        if (!link.answer(
                Operation.GRANT, operation.correlation(), Status.OK, page, pages)) {
            link.endGrant(page);
            pool.freeBlock(page, pages);
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

    private void returnBlock(Link link) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        if (pages > 0) {
            pool.freeBlock(page, pages);
        }
    }

    private void awaitValue(Link link) {
        Waiter waiter = operation.block() == 0 ? inlineWaiter(link) : blockWaiter(link);
        if (waiter == null) {
            dropBlock(link, 0, 0);
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

    private Waiter inlineWaiter(Link link) {
        int keyLength = operation.keyLength();
        long valueLength = operation.valueLength();
        long length = operation.valueOffset() + valueLength - operation.keyOffset();
        MemorySegment copy = MemorySegment.ofArray(new long[(int) (length + 7) / 8]);
        MemorySegment.copy(
                link.region().readOnlySegment(), operation.keyOffset(), copy, 0, length);
        return waiter(
                link,
                new MemoryRegion(copy),
                0,
                operation.valueOffset() - operation.keyOffset(),
                0,
                0,
                keyLength);
    }

    @org.jspecify.annotations.Nullable private Waiter blockWaiter(Link link) {
        int page = LinkLayout.grantPage(operation.block());
        int pages = link.endGrant(page);
        if (pages < MemoryPool.pagesOf(operation.keyLength(), operation.valueLength())) {
            return null;
        }
        long start = (long) page * PoolGeometry.PAGE_LENGTH;
        return waiter(
                link,
                data,
                start + RecordLayout.HEADER_LENGTH,
                start + RecordLayout.valueOffset(operation.keyLength()),
                page,
                pages,
                operation.keyLength());
    }

    private Waiter waiter(
            Link link,
            MemoryRegion bytes,
            long keyOffset,
            long valueOffset,
            int page,
            int pages,
            int keyLength) {
        return new Waiter(
                link,
                operation.correlation(),
                operation.keyTag(),
                operation.valueTag(),
                bytes,
                keyOffset,
                keyLength,
                valueOffset,
                operation.valueLength(),
                page,
                pages);
    }

    private int findInline(Link link) {
        return pool.find(
                guess,
                operation.hash(),
                operation.keyTag(),
                link.region(),
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
        Status outcome = Status.OK;
        if (operation.flags() == Operation.IF_ABSENT && ordinal != 0) {
            outcome = Status.EXISTS;
        } else if (operation.flags() == Operation.IF_VERSION) {
            if (ordinal == 0) {
                outcome = Status.ABSENT;
            } else if (pool.version(ordinal) != operation.operand()) {
                outcome = Status.CONFLICT;
            }
        }
        if (outcome != Status.OK) {
            status.count(PoolCounter.CONDITIONS_FAILED, 1);
        }
        return outcome;
    }

    // Only a successor meets operations that its predecessor had applied: see MemoryPool.
    private boolean isDone(int ordinal, long position) {
        return ordinal != 0
                && (pool.version(ordinal) > position
                        // Where one checkpoint is held: a later one's value hides what came late.
                        || !isVersioned && checkpoints.isHidden(ordinal, checkpoint));
    }

    private void onWrite() {
        if (!waiters.isEmpty()) {
            waiters.onWrite(operation.hash());
        }
    }

    private void answer(Link link, Status outcome, long first, long second) {
        long correlation = operation.correlation();
        if (correlation != 0
                && isAnswered
                && !link.answer(operation.kind(), correlation, outcome, first, second)) {
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
