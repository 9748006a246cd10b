package io.ddict.manager.serving;

import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.PoolStatus;
import io.ddict.store.pool.PostingRing;
import io.ddict.store.pool.Status;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/*
 * The two ends of a link in one thread: a client's side that posts operations as small as they can
 * be, and a manager's side that does with them what Manager.drainRing does. No agent, no doorbell,
 * no housekeeping: what is left is the work for each operation.
 */

/** Posts batches of operations and applies them, for benchmarks. One thread. */
public final class BatchApplier implements AutoCloseable {
    /** Most operations that are posted before they are applied. */
    public static final int BATCH = Manager.BATCH_LIMIT;

    private static final int LINK = 1;
    private static final long VALUE_LENGTH = Long.BYTES;
    private static final long ANSWERED = 1;

    private final MemoryPool pool;
    private final PoolStatus status;
    private final PostingRing ring;
    private final Int2ObjectHashMap<Link> links = new Int2ObjectHashMap<>();
    private final OperationApplier applier;
    private final LookAhead lookAhead;
    private final Link link;
    private final Operation operation;
    private final OneToOneRingBuffer answers;
    private final MessageHandler answerCheck = BatchApplier::checkAnswer;
    private int stagingUnits;
    private long applied;

    /** Opens a link to a pool, which stays the caller's. */
    public BatchApplier(MemoryPool pool) throws IOException {
        MappedPool mapped = pool.mapped();
        this.pool = pool;
        this.status = mapped.status();
        this.ring = mapped.ring();
        this.applier = new OperationApplier(
                pool, new Waiters(pool), new DeferredWrites(pool), links, new NoUpkeep(), 0);
        this.lookAhead = new LookAhead(pool, links);
        Arena arena = Arena.ofShared();
        MemoryRegion region = mapped.createLink(LINK, arena);
        // Its client takes answers when told to, and never sleeps.
        this.link = new Link(
                LINK, arena, region, Doorbell.open(mapped.bellPath(LINK)), answered -> {});
        this.operation = new Operation(region);
        long address = region.writableSegment().address() + LinkLayout.ANSWERS_OFFSET;
        this.answers =
                new OneToOneRingBuffer(
                        new UnsafeBuffer(
                                address,
                                LinkLayout.ANSWERS_CAPACITY + LinkLayout.ANSWERS_TRAILER_LENGTH));
        links.put(LINK, link);
        pool.holdBack(links.size());
    }

    /** Posts an operation with a value of eight bytes; all but puts are answered. */
    public void post(byte kind, byte tag, byte[] key, long hash, long value) {
        MemoryRegion region = link.region();
        long length = Operation.length(key.length, VALUE_LENGTH);
        int units = (int) (length + PostingRing.STAGING_UNIT - 1) / PostingRing.STAGING_UNIT;
        long stagingLength = region.length() - LinkLayout.STAGING_OFFSET;
        if ((long) (stagingUnits + units) * PostingRing.STAGING_UNIT > stagingLength) {
            stagingUnits = 0;
        }
        operation.wrap(
                region,
                LinkLayout.STAGING_OFFSET + (long) stagingUnits * PostingRing.STAGING_UNIT);
        operation.writeHeader(kind, (byte) 0, tag, tag, key.length, hash);
        boolean isPut = kind == Operation.PUT;
        operation.writeOperands(isPut ? VALUE_LENGTH : 0, isPut ? 0 : ANSWERED, 0, 0);
        region.copyFrom(operation.keyOffset(), key, 0, key.length);
        region.putLong(operation.valueOffset(), value);
        if (ring.tryPublish(LINK, stagingUnits, KeyHash.ringTag(hash), 0) < 0) {
            throw new IllegalStateException("ring refused: applied=" + applied);
        }
        stagingUnits += units;
    }

    /**
     * Applies what was posted, as one batch; returns how many operations it was.
     *
     * @param ahead whether a few operations are looked at together before they are applied
     */
    public int apply(boolean ahead) {
        pool.beforeBatch();
        long position = applied;
        if (ahead) {
            for (int filled = lookAhead.load(position); filled > 0; filled =
                    lookAhead.load(position)) {
                for (int i = 0; i < filled; i++) {
                    applier.apply(link, lookAhead.offset(i), position++, lookAhead.ordinal(i));
                }
                publish(position);
            }
        } else {
            while (ring.isFilled(position)) {
                applier.apply(link, offset(ring.slot(position)), position++, 0);
            }
            publish(position);
        }
        int count = (int) (position - applied);
        applied = position;
        pool.afterBatch(link.oldestPin());
        return count;
    }

    /** Takes the answers that came; none is anything but OK. */
    public int takeAnswers() {
        // A read ends where the ring wraps around.
        return answers.read(answerCheck) + answers.read(answerCheck);
    }

    @Override
    public void close() {
        link.close();
    }

    private void publish(long position) {
        status.publishEntryCount(pool.entryCount());
        status.publishApplied(position);
    }

    private static long offset(long slot) {
        return LinkLayout.STAGING_OFFSET
                + (long) PostingRing.stagingIndex(slot) * PostingRing.STAGING_UNIT;
    }

    private static void checkAnswer(int kind, MutableDirectBuffer bytes, int index, int length) {
        if (bytes.getLong(index + Long.BYTES) != Status.OK.ordinal()) {
            throw new IllegalStateException(
                    "operation not done: kind=" + kind + ", status="
                            + bytes.getLong(index + Long.BYTES));
        }
    }

    /** There is neither a reader nor a client to tell. */
    private static final class NoUpkeep implements Upkeep {
        @Override
        public boolean compactFor(int pages) {
            return false;
        }

        @Override
        public void endBatch() {}
    }
}
