package io.ddict.client.channel.shm;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.client.channel.shm.Answers.Items;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Scratch;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.QueueAnswer;
import io.ddict.store.pool.Status;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/*
 * A request that its manager may keep waiting is withdrawn when the call's time is over: by a CANCEL with
 * an answer of its own. When that has come, either the request was withdrawn, or its own answer came
 * before; so a call that times out has done nothing. That it waits for this answer makes it late where
 * the manager has no CPU for a while: given up, an item would be nobody's that came after all.
 */

/** Waiting for other processes by way of one shard. Safe from any thread. */
final class ShmCoordination implements Coordination {
    private static final long CANCEL_NS = 60_000_000_000L;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final ShmChannel channel;
    private final ShardReader reader;
    private final ShardWriter writer;
    private final MemoryRegion link;
    private final LaneOut laneOut;
    private final LaneIn laneIn;

    ShmCoordination(
            ShmChannel channel,
            MappedPool pool,
            ShardReader reader,
            ShardWriter writer,
            MemoryRegion link) {
        LaneFiles files = new LaneFiles(pool);
        this.laneOut = new LaneOut(channel, writer, files, link);
        this.laneIn = new LaneIn(channel, files, link);
        this.channel = channel;
        this.link = link;
        this.reader = reader;
        this.writer = writer;
    }

    @Override
    public long addWithin(
            CallContext call, long delta, long min, long max, long atEnd, boolean waits) {
        requireOneCheckpoint();
        channel.checkNotFrozen(call);
        Bounds bounds = new Bounds(min, max, atEnd);
        Answer answer = writer.open(call);
        try {
            writer.put(
                    call, Bounds.CODEC, bounds, Operation.ADD_WITHIN,
                    waits ? 0 : Operation.AT_ONCE, delta, answer.correlation);
            await(call, answer);
        } finally {
            writer.close(answer);
        }
        if (answer.status() == Status.CONFLICT) {
            return NOT_ADDED;
        }
        channel.requireOk(call, answer.status());
        return answer.first();
    }

    @Override
    public void postAdd(CallContext call, long delta, long atEnd) {
        requireOneCheckpoint();
        channel.checkNotFrozen(call);
        Bounds bounds = new Bounds(Long.MIN_VALUE, Long.MAX_VALUE, atEnd);
        writer.put(call, Bounds.CODEC, bounds, Operation.ADD_WITHIN, (byte) 0, delta, 0);
    }

    @Override
    public <T> boolean offer(
            CallContext call, Codec<T> codec, T value, long capacity, boolean waits) {
        requireOneCheckpoint();
        channel.checkNotFrozen(call);
        Answer answer = writer.open(call);
        try {
            writer.put(
                    call, codec, value, Operation.OFFER, waits ? 0 : Operation.AT_ONCE, capacity,
                    answer.correlation);
            laneOut.offered();
            await(call, answer);
        } finally {
            writer.close(answer);
        }
        if (answer.status() == Status.ABSENT) {
            throw dropped(call);
        }
        if (answer.status() != Status.CONFLICT) {
            channel.requireOk(call, answer.status());
        }
        return answer.status() == Status.OK;
    }

    @Override
    public <T> void postOffer(CallContext call, Codec<T> codec, T value, long capacity) {
        requireOneCheckpoint();
        channel.checkNotFrozen(call);
        writer.put(call, codec, value, Operation.OFFER, (byte) 0, capacity, 0);
        laneOut.offered();
    }

    @Override
    public <T> boolean putInLane(
            CallContext call, long queue, Codec<T> codec, T value, long waitNs) {
        return laneOut.tryPut(call, queue, codec, value, waitNs);
    }

    @Override
    public @Nullable Object takeFromLane(
            CallContext call, long queue, boolean waits, ValueReader values) {
        return laneIn.tryTake(call, queue, waits, values);
    }

    @Override
    public TakenItem[] take(
            CallContext call, int most, Taking taking, boolean waits, ValueReader values) {
        requireOneCheckpoint();
        channel.checkNotFrozen(call);
        Items items = writer.open(call, most);
        try {
            writer.post(
                    call, Operation.TAKE, waits ? 0 : Operation.AT_ONCE,
                    most | taking.bit(), items.correlation);
            await(call, items);
        } finally {
            writer.close(items);
        }
        if (items.status() == Status.ABSENT) {
            throw dropped(call);
        }
        if (items.status() != Status.CONFLICT) {
            channel.requireOk(call, items.status());
        }
        return read(call, items, values);
    }

    // What cannot be read goes back, with all that came with it.
    private TakenItem[] read(CallContext call, Items items, ValueReader values) {
        TakenItem[] taken = new TakenItem[items.count()];
        boolean isRead = false;
        try {
            for (int index = 0; index < taken.length; index++) {
                long place = items.place(index);
                Object value = read(call, items.number(index), QueueAnswer.ordinal(place), values);
                taken[index] = new TakenItem(items.number(index), QueueAnswer.times(place), value);
            }
            isRead = true;
        } finally {
            for (int index = taken.length - 1; index >= 0 && !isRead; index--) {
                acknowledge(call, items.number(index), Outcome.UNUSED);
            }
        }
        return taken;
    }

    private @Nullable Object read(
            CallContext call, long number, int ordinal, ValueReader values) {
        if (QueueAnswer.isInLane(number)) {
            return laneIn.read(QueueAnswer.lane(number), ordinal, values);
        }
        @Nullable Object[] decoded = new @Nullable Object[2];
        boolean isThere = reader.read(call, ordinal, Long.MAX_VALUE, null, values, decoded);
        return isThere && call.found().version == number ? decoded[1] : null;
    }

    @Override
    public void acknowledge(CallContext call, long number, Outcome outcome) {
        channel.checkLease(call);
        byte flags =
                switch (outcome) {
                    case USED -> 0;
                    case RETURNED -> Operation.RETURN;
                    case UNUSED -> Operation.RETURN_UNUSED;
                };
        writer.post(call, Operation.ACKNOWLEDGE, flags, number, 0);
    }

    @Override
    public void worksOn(long number) {
        link.putLongRelease(LinkLayout.CURRENT_OFFSET, number);
    }

    @Override
    public long waiting(CallContext call) {
        requireOneCheckpoint();
        Answer answer = channel.request(call, Operation.QUEUE_SIZE, (byte) 0, 0);
        if (answer.status() == Status.ABSENT) {
            throw dropped(call);
        }
        channel.requireOk(call, answer.status());
        return answer.first();
    }

    @Override
    public void drop(CallContext call) {
        Answer answer = channel.request(call, Operation.DROP_QUEUE, (byte) 0, 0);
        if (answer.status() != Status.ABSENT) {
            channel.requireOk(call, answer.status());
        }
    }

    private void await(CallContext call, Answer answer) {
        try {
            writer.await(call, answer);
        } catch (DDictTimeoutException e) {
            if (!cameBeforeCancel(answer)) {
                throw e;
            }
        }
    }

    private boolean cameBeforeCancel(Answer answer) {
        CallContext call = new CallContext();
        call.deadline().start(CANCEL_NS);
        Answer cancelled = writer.open(call);
        try {
            writer.postKeyless(
                    call, Operation.CANCEL, 1, 0, answer.correlation, 0, cancelled.correlation);
            writer.await(call, cancelled);
            return answer.isDone();
        } finally {
            writer.close(cancelled);
        }
    }

    private void requireOneCheckpoint() {
        if (channel.workingSet().hasVersions()) {
            throw new IllegalStateException(
                    "queues and locks are for dictionaries of one checkpoint: workingSetSize="
                            + channel.workingSet().size()
                            + "; create one for them");
        }
    }

    private DDictException dropped(CallContext call) {
        CallErrors errors = channel.errors();
        return errors.of(
                call, new DestroyedException("queue was destroyed" + errors.where(call)));
    }

    /** What an addition must keep to, and what follows it. */
    private record Bounds(long min, long max, long atEnd) {
        private static final Codec<Bounds> CODEC = new BoundsCodec();
    }

    private static final class BoundsCodec implements Codec<Bounds> {
        @Override
        public byte tag() {
            return io.ddict.client.codec.Codecs.TAG_LONG;
        }

        @Override
        public long prepare(Bounds value, Scratch scratch) {
            return Operation.BOUNDS_LENGTH;
        }

        @Override
        public void write(Bounds value, Scratch scratch, MemorySegment target, long offset) {
            target.set(LONG, offset, value.min);
            target.set(LONG, offset + Long.BYTES, value.max);
            target.set(LONG, offset + 2 * Long.BYTES, value.atEnd);
        }

        @Override
        public Bounds read(MemorySegment source, long offset, long length) {
            throw new UnsupportedOperationException("bounds are not stored");
        }
    }
}
