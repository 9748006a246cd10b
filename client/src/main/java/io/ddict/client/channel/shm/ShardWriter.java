package io.ddict.client.channel.shm;

import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.client.channel.shm.Answers.Items;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.KeyBytes;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolCounter;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingMarks;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.SizeClasses;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/*
 * A write, step by step:
 *
 *   1. stage the operation with key and value; a large value goes into a block granted to this
 *      client, which is the only copy of it that is ever made
 *   2. publish it with one compare-and-set; the position is its place in the order of all writes
 *   3. raise the key's posting mark, then ring the doorbell if the manager sleeps
 *
 * Staging belongs to the process, so its threads take turns by a lock of one word that is held for
 * the time of a small copy. Nobody outside the process can be kept waiting by it.
 */

/** Stages and publishes operations for one shard. Safe from any thread. */
final class ShardWriter {
    // A granted block may be this part larger than needed; the manager trims it.
    private static final int GRANT_SLACK_SHIFT = 3;

    private static final long NO_BLOCK = 0;

    // How much longer than its timeout a call may take, to tell that no more is posted.
    private static final long END_NS = 20_000_000;

    private static final String MANY_REQUESTS = "too many requests wait for answers";
    private static final String ANSWER = "the manager did not answer in time";
    private static final String OTHER_THREADS =
            "other threads of this process kept the staging area";

    private final ShmChannel channel;
    private final PoolStatus status;
    private final PostingRing ring;
    private final PostingMarks marks;
    private final MemoryRegion data;
    private final MemoryRegion link;
    private final int linkId;
    private final StagingRing staging;
    private final Operation operation;
    private final Answers answers;
    private final Bell bell;
    private final @Nullable LinkQuota quota;
    private final AtomicBoolean lock = new AtomicBoolean();
    // Blocks that came after their request was given up.
    private final Queue<Long> lateGrants = new ConcurrentLinkedQueue<>();
    // Versions that were lent, of which the manager has yet to be told that all was posted.
    private final Queue<Long> lateEnds = new ConcurrentLinkedQueue<>();
    // Whether there was no entry left of late. A guess: what is so is looked at in time.
    private boolean lacksEntries;
    private volatile boolean closed;

    ShardWriter(ShmChannel channel, MappedPool pool, MemoryRegion link, int linkId) {
        PoolGeometry geometry = pool.geometry();
        this.channel = channel;
        this.status = pool.status();
        this.ring = pool.ring();
        this.marks = pool.marks();
        this.data = pool.data();
        this.link = link;
        this.linkId = linkId;
        this.staging = new StagingRing(status, geometry.stagingLength(), geometry.ringSlots());
        this.operation = new Operation(link);
        this.answers = new Answers(link, this::returnLateGrant);
        this.bell = new Bell(link, pool.bellPath(linkId), answers);
        this.quota = LinkQuota.isSet(link) ? new LinkQuota(link) : null;
    }

    /** Posts a put; returns its position. The answer is null for one that wants none. */
    <T> long put(
            CallContext call,
            Codec<T> codec,
            T value,
            byte kind,
            byte flags,
            long operand,
            long correlation) {
        long valueLength = codec.prepare(value, call.scratch());
        return put(call, codec, value, valueLength, kind, flags, operand, correlation);
    }

    /** As the other, of a value that is prepared. */
    <T> long put(
            CallContext call,
            Codec<T> codec,
            T value,
            long valueLength,
            byte kind,
            byte flags,
            long operand,
            long correlation) {
        LinkQuota limited = quota;
        long length = 0;
        if (limited != null && Operation.stores(kind, operand)) {
            length = RecordLayout.lengthTaken(call.key().length(), valueLength);
            awaitQuota(call, limited, length, kind != Operation.OFFER);
        }
        long position = putWhereRoom(
                call, codec, value, valueLength, kind, flags, operand, correlation);
        if (limited != null && length > 0) {
            limited.posted(length);
        }
        channel.checkLeaseAfterwards(call);
        return position;
    }

    private <T> long putWhereRoom(
            CallContext call,
            Codec<T> codec,
            T value,
            long valueLength,
            byte kind,
            byte flags,
            long operand,
            long correlation) {
        boolean isSmall = SizeClasses.isSmall(call.key().length(), valueLength);
        while (true) {
            lookForEntry(call, kind);
            try {
                return isSmall
                        ? putInline(
                                call, codec, value, valueLength, kind, flags, operand, correlation)
                        : putBlock(
                                call, codec, value, valueLength, kind, flags, operand,
                                correlation);
            } catch (DDictFullException e) {
                // Who puts into a queue asks again by himself.
                boolean forHeld = kind != Operation.OFFER;
                if (!call.mayHaveEntry() && !channel.makesRoom(call, forHeld)) {
                    throw channel.errors().noted(call, e);
                }
            }
        }
    }

    /**
     * Finds out whether the call's key has an entry, if none is left for another. Without the lock: it may be
     * for the manager to say, who is asked by way of the staging area.
     */
    private void lookForEntry(CallContext call, byte kind) {
        call.entry(false, false);
        if (lacksEntries && !closed) {
            boolean isFull = isFullOfEntries();
            lacksEntries = isFull;
            // An item of a queue is always a new one.
            call.entry(isFull, isFull && kind != Operation.OFFER && channel.hasEntry(call));
        }
    }

    /** The link's quota, or null. */
    @Nullable LinkQuota quota() {
        return quota;
    }

    /**
     * Returns once a write fits the quota, or throws. What the manager knows of is looked at only when
     * everything that was posted is applied.
     *
     * @param replaces whether what the key has now makes room for it
     */
    void awaitQuota(CallContext call, LinkQuota limited, long length, boolean replaces) {
        while (!limited.hasRoom(length)) {
            // First, as with the memory: the manager gives back before it tells that no more comes.
            call.looksForRoom(status, false);
            settle(call, limited);
            if (limited.hasRoom(length)
                    || replaces && limited.hasRoom(length - channel.askReplaced(call))) {
                return;
            }
            if (!channel.makesRoom(call, false)) {
                throw channel.errors().overQuota(call, length, limited);
            }
        }
    }

    private void settle(CallContext call, LinkQuota limited) {
        lock(call);
        try {
            long posted = ring.tail();
            while (status.applied() < posted) {
                channel.pause(call, ShmChannel.EARLIER_WRITES);
            }
            channel.waited(call, ShmChannel.EARLIER_WRITES);
            limited.settle();
        } finally {
            unlock();
        }
    }

    /** Posts an operation without a value. */
    long post(CallContext call, byte kind, byte flags, long operand, long correlation) {
        LinkQuota limited = quota;
        long length = 0;
        if (limited != null && kind == Operation.GET_AND_ADD) {
            length = RecordLayout.lengthTaken(call.key().length(), Long.BYTES);
            awaitQuota(call, limited, length, true);
        }
        long position = postWhereRoom(call, kind, flags, operand, correlation);
        if (limited != null && length > 0) {
            limited.posted(length);
        }
        channel.checkLeaseAfterwards(call);
        return position;
    }

    private long postWhereRoom(
            CallContext call, byte kind, byte flags, long operand, long correlation) {
        boolean makesMark = kind == Operation.REMOVE && channel.workingSet().hasVersions();
        boolean isStored = kind == Operation.GET_AND_ADD;
        while (true) {
            boolean isFull = makesMark && !closed && status.fullBits() != 0;
            boolean needsRoom = isStored || isFull && channel.needsMark(call);
            if (needsRoom) {
                lookForEntry(call, kind);
            }
            try {
                return tryPost(
                        call, kind, flags, operand, correlation,
                        needsRoom || makesMark && !isFull);
            } catch (DDictFullException e) {
                if (makesMark && !isFull
                        || call.mayHaveEntry()
                        || channel.makesRoom(call, true)) {
                    continue;
                }
                throw channel.errors().noted(call, e);
            }
        }
    }

    private long tryPost(
            CallContext call, byte kind, byte flags, long operand, long correlation,
            boolean needsRoom) {
        KeyBytes key = call.key();
        boolean stores = kind == Operation.GET_AND_ADD;
        lock(call);
        try {
            int length = (int) Operation.length(key.length(), 0);
            long offset = reserve(call, length);
            if (needsRoom) {
                checkRoom(call, stores ? Long.BYTES : 0);
            }
            writeOperation(
                    call,
                    offset,
                    kind,
                    flags,
                    stores ? io.ddict.client.codec.Codecs.TAG_LONG : 0,
                    0,
                    correlation,
                    operand,
                    0);
            link.copyFrom(operation.keyOffset(), key.array(), key.offset(), key.length());
            return publish(call, offset, KeyHash.ringTag(call.hash()));
        } finally {
            unlock();
        }
    }

    /** Posts an operation that concerns no key, or all. */
    long postKeyless(
            CallContext call, byte kind, int ringTag, long length, long operand, long block,
            long correlation) {
        lock(call);
        try {
            long offset = reserve(call, Operation.HEADER_LENGTH);
            operation.wrap(link, offset);
            operation.writeHeader(kind, (byte) 0, (byte) 0, (byte) 0, 0, 0);
            operation.writeOperands(length, correlation, operand, block, call.checkpoint());
            return publish(call, offset, ringTag);
        } finally {
            unlock();
        }
    }

    /** Opens a request whose answer will be waited for. */
    Answer open(CallContext call) {
        acquire(call, 1);
        return answers.open();
    }

    /** Opens a request for so many items of a queue. */
    Items open(CallContext call, int most) {
        acquire(call, most);
        return answers.open(most);
    }

    private void acquire(CallContext call, int count) {
        returnLateGrants();
        endLends(0);
        if (!answers.tryAcquire(count)) {
            awaitPermits(call, count);
        }
    }

    private void awaitPermits(CallContext call, int count) {
        while (!answers.tryAcquire(count)) {
            answers.poll();
            channel.pause(call, MANY_REQUESTS);
        }
        channel.waited(call, MANY_REQUESTS);
    }

    /** Waits for an answer. Whatever happens, the caller closes it. */
    void await(CallContext call, Answer answer) {
        while (!answer.isDone()) {
            answers.poll();
            if (!answer.isDone()) {
                if (call.deadline().isLong()) {
                    bell.sleep(answer, call.deadline().leftNs());
                }
                if (!answer.isDone()) {
                    channel.pause(call, ANSWER);
                }
            }
        }
        channel.waited(call, ANSWER);
    }

    /** Ends what may run in the background, before the link is unmapped. */
    void close() {
        closed = true;
        bell.close();
    }

    /** Ends a request. */
    void close(Answer answer) {
        answers.close(answer);
    }

    private <T> long putInline(
            CallContext call,
            Codec<T> codec,
            T value,
            long valueLength,
            byte kind,
            byte flags,
            long operand,
            long correlation) {
        KeyBytes key = call.key();
        lock(call);
        try {
            long offset = reserve(call, (int) Operation.length(key.length(), valueLength));
            if (Operation.stores(kind, operand)) {
                checkRoom(call, valueLength);
            }
            writeOperation(
                    call, offset, kind, flags, codec.tag(), valueLength, correlation, operand, 0);
            link.copyFrom(operation.keyOffset(), key.array(), key.offset(), key.length());
            long valueOffset = operation.valueOffset();
            codec.write(value, call.scratch(), link.writableSegment(), valueOffset);
            link.written(valueOffset, valueLength);
            return publish(call, offset, KeyHash.ringTag(call.hash()));
        } finally {
            unlock();
        }
    }

    private <T> long putBlock(
            CallContext call,
            Codec<T> codec,
            T value,
            long valueLength,
            byte kind,
            byte flags,
            long operand,
            long correlation) {
        KeyBytes key = call.key();
        long block = acquireBlock(call, RecordLayout.length(key.length(), valueLength));
        boolean posted = false;
        try {
            long start = (long) LinkLayout.grantPage(block) * PoolGeometry.PAGE_LENGTH;
            long keyOffset = start + RecordLayout.HEADER_LENGTH;
            data.copyFrom(keyOffset, key.array(), key.offset(), key.length());
            long valueOffset = start + RecordLayout.valueOffset(key.length());
            codec.write(value, call.scratch(), data.writableSegment(), valueOffset);
            data.written(valueOffset, valueLength);
            long position =
                    postBlock(
                            call, codec.tag(), valueLength, kind, flags, operand, block,
                            correlation);
            posted = true;
            return position;
        } finally {
            if (!posted) {
                // Its call may have no time left.
                lateGrants.add(block);
                returnLateGrants();
            }
        }
    }

    /** Finds a block for a value that is written later, and puts the call's key there. */
    BlockPut beginPut(CallContext call, byte valueTag, long valueLength, byte flags) {
        KeyBytes key = call.key();
        LinkQuota limited = quota;
        if (limited != null) {
            awaitQuota(
                    call, limited, RecordLayout.lengthTaken(key.length(), valueLength), true);
        }
        long block = acquireBlock(call, RecordLayout.length(key.length(), valueLength));
        long start = (long) LinkLayout.grantPage(block) * PoolGeometry.PAGE_LENGTH;
        data.copyFrom(
                start + RecordLayout.HEADER_LENGTH, key.array(), key.offset(), key.length());
        MemorySegment value = data.writableSegment()
                .asSlice(start + RecordLayout.valueOffset(key.length()), valueLength);
        return new BlockPut(block, valueTag, flags, value);
    }

    /** Posts a put whose value was written. */
    void post(CallContext call, BlockPut put) {
        long valueLength = put.value().byteSize();
        long start = (long) LinkLayout.grantPage(put.block) * PoolGeometry.PAGE_LENGTH;
        data.written(start + RecordLayout.valueOffset(call.key().length()), valueLength);
        lookForEntry(call, Operation.PUT);
        long _ = postBlock(
                call, put.valueTag, valueLength, Operation.PUT, put.flags, 0, put.block, 0);
        put.isPosted = true;
        LinkQuota limited = quota;
        if (limited != null) {
            limited.posted(RecordLayout.lengthTaken(call.key().length(), valueLength));
        }
    }

    /** Gives back the block of a put that is not to be, now or with the next request. */
    void abandon(BlockPut put) {
        lateGrants.add(put.block);
        returnLateGrants();
    }

    private long postBlock(
            CallContext call,
            byte valueTag,
            long valueLength,
            byte kind,
            byte flags,
            long operand,
            long block,
            long correlation) {
        lock(call);
        try {
            long offset = reserve(call, Operation.HEADER_LENGTH);
            checkEntryRoom(call);
            writeOperation(
                    call, offset, kind, flags, valueTag, valueLength, correlation, operand, block);
            return publish(call, offset, KeyHash.ringTag(call.hash()));
        } finally {
            unlock();
        }
    }

    private void writeOperation(
            CallContext call,
            long offset,
            byte kind,
            byte flags,
            byte valueTag,
            long valueLength,
            long correlation,
            long operand,
            long block) {
        KeyBytes key = call.key();
        operation.wrap(link, offset);
        operation.writeHeader(kind, flags, key.tag(), valueTag, key.length(), call.hash());
        operation.writeOperands(valueLength, correlation, operand, block, call.checkpoint());
    }

    // One of the blocks on offer if one fits closely, else by a request.
    private long acquireBlock(CallContext call, long length) {
        int pages = (int) ((length + PoolGeometry.PAGE_LENGTH - 1) / PoolGeometry.PAGE_LENGTH);
        for (int slot = 0; slot < LinkLayout.GRANTS; slot++) {
            long offset = LinkLayout.grantOffset(slot);
            long grant = link.getLongAcquire(offset);
            int granted = LinkLayout.grantPages(grant);
            if (granted >= pages
                    && granted <= pages + (pages >> GRANT_SLACK_SHIFT)
                    && link.compareAndSetLong(offset, grant, 0)) {
                return grant;
            }
        }
        long block = requestBlock(call, length);
        while (block == NO_BLOCK) {
            channel.pause(call, ShmChannel.EARLIER_WRITES);
            block = requestBlock(call, length);
        }
        return block;
    }

    /**
     * Asks the manager for a block. If there is none, though this channel has one that came too late for who
     * asked for it, and goes back before the next request, there is NO_BLOCK yet: answers come in order, so
     * what an earlier request was granted is known by now.
     */
    private long requestBlock(CallContext call, long length) {
        call.looksForRoom(status, true);
        Answer answer = open(call);
        try {
            postKeyless(
                    call, Operation.GRANT, KeyHash.ringTag(call.hash()), length, 0, 0,
                    answer.correlation);
            await(call, answer);
            if (answer.status() == Status.FULL) {
                if (!lateGrants.isEmpty()) {
                    return NO_BLOCK;
                }
                throw channel.errors().full(call, length, answer.first(), answer.second());
            }
            channel.requireOk(call, answer.status());
            return LinkLayout.grant((int) answer.first(), (int) answer.second());
        } finally {
            close(answer);
        }
    }

    private void returnBlock(CallContext call, long block) {
        postKeyless(
                call, Operation.RETURN_BLOCK, KeyHash.ringTag(call.hash()), 0, 0, block, 0);
    }

    // Whoever reads it is in a call of his own, which must not wait or fail for it.
    private void returnLateGrant(long block) {
        lateGrants.add(block);
    }

    private void returnLateGrants() {
        if (!lateGrants.isEmpty()) {
            postLate(lateGrants, 0, this::returnBlock);
        }
    }

    /** Tells that what refers to a lent version was posted, now or with a later request. */
    void endLend(long version) {
        lateEnds.add(version);
        endLends(END_NS);
    }

    private void endLends(long timeoutNs) {
        if (!lateEnds.isEmpty()) {
            postLate(lateEnds, timeoutNs, this::postEndLend);
        }
    }

    private void postEndLend(CallContext call, long version) {
        postKeyless(call, Operation.END_LEND, KeyHash.ringTag(call.hash()), 0, version, 0, 0);
    }

    // The ring may be full, or other threads at it: then the next request tries again. Or there will be none,
    // as the channel is at its end: then the manager takes it with the link.
    private static void postLate(
            Queue<Long> late, long timeoutNs, ObjLongConsumer<CallContext> post) {
        for (Long each = late.poll(); each != null; each = late.poll()) {
            CallContext call = new CallContext();
            call.deadline().start(timeoutNs);
            call.hash(1);
            try {
                post.accept(call, each);
            } catch (DDictException | IllegalStateException e) {
                late.add(each);
                return;
            }
        }
    }

    private long reserve(CallContext call, int length) {
        return LinkLayout.STAGING_OFFSET + awaitStaging(call, length, 1);
    }

    /** Reserves staging space for so many operations; its place. Under the lock. */
    int awaitStaging(CallContext call, int length, int operations) {
        int place = staging.tryReserve(length, operations);
        return place >= 0 ? place : awaitFreed(call, length, operations);
    }

    private int awaitFreed(CallContext call, int length, int operations) {
        int place = -1;
        while (place < 0) {
            channel.pause(call, ShmChannel.EARLIER_WRITES);
            place = staging.tryReserve(length, operations);
        }
        channel.waited(call, ShmChannel.EARLIER_WRITES);
        return place;
    }

    /** The staging space, which the lock guards. */
    StagingRing staging() {
        return staging;
    }

    /**
     * Throws if there is no room for a value under the call's key. After staging space was reserved:
     * what the manager holds back covers all that is reserved.
     */
    void checkRoom(CallContext call, long valueLength) {
        if (status.fullBits() != 0) {
            // First: the manager tells of room before it tells that no more comes.
            call.looksForRoom(status, true);
            long bits = status.fullBits();
            long length = RecordLayout.length(call.key().length(), valueLength);
            if ((bits & SizeClasses.bit(call.key().length(), valueLength)) != 0) {
                // Levels of some 50 ms ago: the manager publishes them now and then.
                throw channel.errors().full(
                        call,
                        length,
                        status.counter(PoolCounter.FREE_BYTES),
                        status.counter(PoolCounter.LARGEST_FREE_BYTES));
            }
            checkEntryRoom(call);
        }
    }

    private void checkEntryRoom(CallContext call) {
        if (!isFullOfEntries()) {
            return;
        }
        call.looksForRoom(status, false);
        if (isFullOfEntries() && !call.hasEntry()) {
            call.lackEntry();
            lacksEntries = true;
            throw channel.errors().fullOfEntries(call);
        }
    }

    private boolean isFullOfEntries() {
        return (status.fullBits() & PoolStatus.FULL_OF_ENTRIES) != 0;
    }

    private long publish(CallContext call, long offset, int ringTag) {
        int index =
                (int) ((offset - LinkLayout.STAGING_OFFSET) / PostingRing.STAGING_UNIT);
        long refusing = channel.refusingStates(operation.kind());
        long limit = channel.limit(call, operation.kind());
        long position = ring.tryPublish(linkId, index, ringTag, refusing, limit);
        if (position < 0) {
            position = publishLater(call, position, index, ringTag, refusing, limit);
        }
        staging.commit(position);
        if (ringTag != PostingRing.TAG_ALL) {
            marks.raise(call.hash(), position + 1);
        }
        channel.wakeManager(operation.kind());
        return position;
    }

    private long publishLater(
            CallContext call, long refusal, int index, int ringTag, long refusing, long limit) {
        long position = refusal;
        while (position < 0) {
            if (position < PostingRing.FULL) {
                throw channel.errors().refused(call, PostingRing.FULL - position);
            }
            channel.pause(call, ShmChannel.EARLIER_WRITES);
            position = ring.tryPublish(linkId, index, ringTag, refusing, limit);
        }
        channel.waited(call, ShmChannel.EARLIER_WRITES);
        return position;
    }

    /** Takes the lock of this process's threads, which is held for a few copies. */
    void lock(CallContext call) {
        channel.checkUsable(call);
        if (!lock.compareAndSet(false, true)) {
            awaitLock(call);
        }
    }

    private void awaitLock(CallContext call) {
        while (!lock.compareAndSet(false, true)) {
            channel.pause(call, OTHER_THREADS);
        }
        channel.waited(call, OTHER_THREADS);
    }

    void unlock() {
        lock.setRelease(false);
    }
}
