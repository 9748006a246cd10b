package io.ddict.manager.gateway;

import io.ddict.client.DDictException;
import io.ddict.client.DDictStats;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.Coordination.Outcome;
import io.ddict.client.channel.Coordination.TakenItem;
import io.ddict.client.channel.Coordination.Taking;
import io.ddict.client.channel.FoundRecord;
import io.ddict.client.channel.shm.BlockPut;
import io.ddict.client.channel.shm.HeldValue;
import io.ddict.client.channel.shm.RecordCursor;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.ManagerFigures;
import io.ddict.client.protocol.ShardFrame;
import io.ddict.manager.gateway.IncomingValue.WantedAgainException;
import io.ddict.store.pool.WorkingSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/** One operation that a client on another machine asked for, and how it is done here. One thread. */
final class ShardCall {
    private static final long TIMEOUT_MAX_NS = 365L * 24 * 3600 * 1_000_000_000L;
    private static final int PAGE_COUNT_MAX = 4096;
    private static final int CURSOR_LENGTH = 24;

    // What batches are copied to. New memory for each took more time than all else that is done for it.
    private static final int SPACES_MAX = 16;
    private static final Queue<CollectedPuts> SPACES =
            new ManyToManyConcurrentArrayQueue<>(SPACES_MAX);

    private final CallContext context = new CallContext();
    private final ShardReply reply;
    private byte[] key = new byte[64];
    private byte type;
    private byte flags;
    private byte valueTag;
    private int shard;
    private long correlation;
    private long operand;
    private long timeoutNs;
    private int keyLength;
    private long valueLength;
    private @Nullable IncomingValue value;
    private @Nullable HeldValue held;
    private @Nullable BlockPut blockPut;

    ShardCall(ShardReply reply) {
        this.reply = reply;
    }

    /** Reads a request's header and key; false if it is one that nobody sends. */
    boolean read(ByteBuf frame, int base, int payloadLength) {
        type = frame.getByte(base + ShardFrame.TYPE);
        flags = frame.getByte(base + ShardFrame.FLAGS);
        valueTag = frame.getByte(base + ShardFrame.VALUE_TAG);
        shard = frame.getIntLE(base + ShardFrame.SHARD);
        correlation = frame.getLongLE(base + ShardFrame.CORRELATION);
        operand = frame.getLongLE(base + ShardFrame.OPERAND);
        timeoutNs =
                Math.clamp(frame.getLongLE(base + ShardFrame.TIMEOUT), 0, TIMEOUT_MAX_NS);
        keyLength = frame.getIntLE(base + ShardFrame.KEY_LENGTH);
        valueLength = frame.getLongLE(base + ShardFrame.VALUE_LENGTH);
        value = null;
        long checkpoint = frame.getLongLE(base + ShardFrame.CHECKPOINT);
        if (!isSane(payloadLength, checkpoint)) {
            return false;
        }
        context.begin();
        context.checkpoint(checkpoint);
        if (keyLength > 0 || frame.getByte(base + ShardFrame.KEY_TAG) != 0) {
            readKey(frame, base);
        }
        reply.begin(correlation);
        return true;
    }

    private boolean isSane(int payloadLength, long checkpoint) {
        long inline = payloadLength - (long) keyLength - branchLength();
        return branchLength() >= 0
                && keyLength >= 0
                && keyLength <= io.ddict.client.codec.KeyBytes.LENGTH_MAX
                && checkpoint >= 0
                && checkpoint <= WorkingSet.CHECKPOINT_MAX
                && valueLength >= 0
                && valueLength <= ShardFrame.VALUE_MAX
                && (inline == valueLength
                        || inline == 0 && valueLength > ShardFrame.INLINE_MAX);
    }

    private void readKey(ByteBuf frame, int base) {
        if (key.length < keyLength) {
            key = new byte[keyLength];
        }
        frame.getBytes(base + ShardFrame.HEADER_LENGTH, key, 0, keyLength);
        context.key().wrap(frame.getByte(base + ShardFrame.KEY_TAG), key, 0, keyLength);
        context.hash(frame.getLongLE(base + ShardFrame.HASH));
    }

    byte type() {
        return type;
    }

    int shard() {
        return shard;
    }

    long correlation() {
        return correlation;
    }

    long operand() {
        return operand;
    }

    byte valueTag() {
        return valueTag;
    }

    long timeoutNs() {
        return timeoutNs;
    }

    long valueLength() {
        return valueLength;
    }

    int keyLength() {
        return keyLength;
    }

    /** Bytes between key and value that say which nodes a broadcast goes to. */
    int branchLength() {
        return type == ShardFrame.BROADCAST
                ? Math.clamp(operand, -1, ShardFrame.PAYLOAD_MAX)
                : 0;
    }

    ShardReply reply() {
        return reply;
    }

    /** A context about the same key for another thread, whose call may take so long. */
    CallContext context(long callTimeoutNs) {
        CallContext other = new CallContext();
        other.begin();
        other.checkpoint(context.checkpoint());
        other.key().wrap(
                context.key().tag(), context.key().array(), context.key().offset(),
                context.key().length());
        other.hash(context.hash());
        other.deadline().start(Math.max(0, callTimeoutNs));
        return other;
    }

    /** Whether its value comes in frames of its own. */
    boolean isValueComing() {
        return valueLength > ShardFrame.INLINE_MAX && type != ShardFrame.PUT_ALL;
    }

    /** The value, once it is known where it comes from. */
    void value(IncomingValue known) {
        value = known;
    }

    /** The value. */
    IncomingValue value() {
        if (value == null) {
            throw new IllegalStateException("operation has no value: type=" + type);
        }
        return value;
    }

    /** Whether it can be tried on the event loop, as it waits for nothing but the manager's next turn. */
    boolean isQuick(WorkingSet workingSet) {
        return switch (type) {
            case ShardFrame.GET, ShardFrame.PUT, ShardFrame.PUT_BATCHED, ShardFrame.CONTAINS ->
                    !workingSet.waits() && !isValueComing();
            case ShardFrame.GET_NOW, ShardFrame.POST_ADD, ShardFrame.ACKNOWLEDGE,
                    ShardFrame.IS_FROZEN, ShardFrame.REQUIRE_WRITABLE -> true;
            case ShardFrame.POST_OFFER -> !isValueComing();
            default -> false;
        };
    }

    /** Does it without waiting; false if that is not possible, and nothing was done. */
    boolean tryRun(ShmChannel channel) {
        context.deadline().startBrief();
        try {
            runOrHold(channel);
            return true;
        } catch (DDictTimeoutException e) {
            return false;
        } catch (RuntimeException e) {
            reply.failure(e);
            return true;
        }
    }

    /** Does it; may wait as long as the client would. */
    void runWaiting(ShmChannel channel) {
        context.deadline().start(timeoutNs);
        if ((flags & ShardFrame.FOR_OTHERS) != 0) {
            context.deadline().waitForOthers();
        }
        try {
            runOrHold(channel);
        } catch (WantedAgainException e) {
            reply.begin(correlation);
            reply.outcome(ShardFrame.AGAIN);
        } catch (RuntimeException | Error e) {
            // An error too: without an answer the client would wait until its timeout.
            reply.failure(e);
        }
    }

    /** Whether its value can go straight to its place, which is looked for without waiting. */
    boolean isBlockPut(WorkingSet workingSet) {
        return (type == ShardFrame.PUT || type == ShardFrame.PUT_BATCHED)
                && isValueComing()
                && !workingSet.waits();
    }

    /** Looks for the place of its value; null if there is none without waiting, or perhaps at all. */
    @Nullable BlockPut tryBeginPut(ShmChannel channel) {
        context.deadline().startBrief();
        try {
            blockPut = channel.beginPut(
                    context, valueTag, valueLength, has(ShardFrame.PERSISTENT));
            return blockPut;
        } catch (RuntimeException e) {
            // Whatever is wrong is found again, and told, where it can be waited for.
            return null;
        }
    }

    /** Posts it, now that its value is there; false if that is not possible without waiting. */
    boolean tryFinishPut(ShmChannel channel) {
        context.deadline().startBrief();
        try {
            channel.finishPut(context, placed());
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** As the other; may wait as long as the client would. */
    void finishPut(ShmChannel channel) {
        context.deadline().start(timeoutNs);
        boolean posted = false;
        try {
            channel.finishPut(context, placed());
            posted = true;
        } catch (RuntimeException | Error e) {
            reply.failure(e);
        } finally {
            if (!posted) {
                channel.abandonPut(placed());
            }
        }
    }

    /** Gives its place back, as its value did not come. */
    void abandonPut(ShmChannel channel) {
        channel.abandonPut(placed());
        reply.failure(
                new DDictTimeoutException("value did not come in time: valueLength=" + valueLength
                        + "B"));
    }

    private BlockPut placed() {
        if (blockPut == null) {
            throw new IllegalStateException("value has no place: correlation=" + correlation);
        }
        return blockPut;
    }

    // A value that is too long to be copied is held where it is; what it has become meanwhile.
    private void runOrHold(ShmChannel channel) {
        held = null;
        run(channel);
        while (reply.isTooLong()) {
            held = channel.hold(context);
            if (held != null) {
                return;
            }
            reply.begin(correlation);
            run(channel);
        }
    }

    /** What it read, if that is to be sent from where it is. */
    @Nullable HeldValue held() {
        return held;
    }

    private void run(ShmChannel channel) {
        try {
            dispatch(channel);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void dispatch(ShmChannel channel) throws IOException {
        Coordination coordination = channel.coordination();
        switch (type) {
            case ShardFrame.GET -> present(channel.get(context, reply));
            case ShardFrame.GET_NOW -> present(channel.getNow(context, reply));
            case ShardFrame.FROZEN_VIEW -> frozenView(channel);
            case ShardFrame.CONTAINS -> contains(channel);
            case ShardFrame.VALUE_EQUALS -> valueEquals(channel);
            case ShardFrame.PUT -> channel.put(
                    context, value(), value(), has(ShardFrame.PERSISTENT));
            case ShardFrame.PUT_BATCHED -> putBatched(channel);
            case ShardFrame.PUT_ALL -> putAll(channel);
            case ShardFrame.PUT_IF -> number(
                    channel.putIf(context, value(), value(), operand));
            case ShardFrame.REMOVE_IF -> number(channel.removeIf(context, operand) ? 1 : 0);
            case ShardFrame.GET_AND_ADD -> number(channel.getAndAdd(context, operand));
            case ShardFrame.AWAIT_VALUE -> channel.awaitValue(context, value(), value());
            case ShardFrame.NEWEST -> number(channel.newestCheckpoint(context));
            case ShardFrame.SIZE -> number(channel.size(context));
            case ShardFrame.CLEAR -> channel.clear(context);
            case ShardFrame.CURSOR -> cursor(channel);
            case ShardFrame.CURSOR_NEXT -> page(channel);
            case ShardFrame.FIGURES -> figures(channel.figures());
            case ShardFrame.IS_FROZEN -> number(channel.isFrozen() ? 1 : 0);
            case ShardFrame.REQUIRE_WRITABLE -> channel.requireWritable(context);
            case ShardFrame.ADD_WITHIN -> addWithin(coordination);
            case ShardFrame.POST_ADD -> coordination.postAdd(context, operand, longAt(0));
            case ShardFrame.OFFER -> offer(coordination);
            case ShardFrame.POST_OFFER -> coordination.postOffer(
                    context, value(), value(), operand);
            case ShardFrame.TAKE -> take(coordination);
            case ShardFrame.ACKNOWLEDGE -> coordination.acknowledge(
                    context, operand, outcome());
            case ShardFrame.WAITING -> number(coordination.waiting(context));
            case ShardFrame.DROP -> coordination.drop(context);
            default -> throw new IllegalArgumentException("unknown operation: type=" + type);
        }
    }

    private boolean has(byte flag) {
        return (flags & flag) != 0;
    }

    private void number(long number) {
        reply.numbers(number, 0);
    }

    private void present(@Nullable Object read) {
        reply.numbers(context.version(), 0);
        if (read == null) {
            reply.nothing();
        }
    }

    private void frozenView(ShmChannel channel) {
        if (!channel.isFrozen()) {
            // Tells so.
            MemorySegment _ = channel.frozenView(context);
        }
        present(channel.get(context, reply));
    }

    private void contains(ShmChannel channel) {
        boolean found = channel.contains(context);
        reply.numbers(context.version(), 0);
        if (found) {
            reply.fields(out -> writeFound(out, context.found()));
        } else {
            reply.nothing();
        }
    }

    static void writeFound(DataOutputStream out, FoundRecord found)
            throws IOException {
        out.writeInt(found.ordinal);
        out.writeLong(found.generation);
        out.writeLong(found.offset);
        out.writeLong(found.valueOffset);
        out.writeLong(found.valueLength);
        out.writeByte(found.valueTag);
        out.writeLong(found.version);
        out.writeLong(found.expiresMs);
    }

    private void valueEquals(ShmChannel channel) {
        boolean equal = channel.valueEquals(context, value(), value());
        reply.numbers(equal ? 1 : 0, context.version());
    }

    private void putBatched(ShmChannel channel) {
        DDictException refusal = channel.send(context, value(), value(), valueLength).await();
        if (refusal != null) {
            throw refusal;
        }
    }

    private void putAll(ShmChannel channel) throws IOException {
        CollectedPuts kept = SPACES.poll();
        CollectedPuts puts = kept != null ? kept : new CollectedPuts();
        try {
            // Not the buffer's own: the event loop may be looking at what lies around it.
            puts.replaceBy(MemorySegment.ofBuffer(value().inline().nioBuffer()), operand);
            putAll(channel, puts);
        } finally {
            boolean _ = SPACES.offer(puts);
        }
    }

    private void putAll(ShmChannel channel, CollectedPuts puts) throws IOException {
        Map<Integer, DDictException> refused = new LinkedHashMap<>();
        context.forgetKey();
        DDictException rest = channel.sendAll(context, puts, refused::put).await();
        if (rest == null && refused.isEmpty()) {
            return;
        }
        reply.fields(out -> {
            out.writeBoolean(rest != null);
            if (rest != null) {
                CallFailure.write(out, rest);
            }
            out.writeInt(refused.size());
            for (Map.Entry<Integer, DDictException> each : refused.entrySet()) {
                out.writeInt(each.getKey());
                boolean isRest = isSame(each.getValue(), rest);
                out.writeBoolean(isRest);
                if (!isRest) {
                    CallFailure.write(out, each.getValue());
                }
            }
        });
    }

    @SuppressWarnings("ReferenceEquality") // one object stands for all that were refused together
    private static boolean isSame(DDictException one, @Nullable DDictException other) {
        return one == other;
    }

    private void cursor(ShmChannel channel) {
        RecordCursor cursor = (RecordCursor) channel.cursor(context);
        reply.numbers(cursor.createdBefore(), cursor.end());
    }

    private void page(ShmChannel channel) {
        if (valueLength != CURSOR_LENGTH) {
            throw new IllegalArgumentException("iteration is malformed: length=" + valueLength);
        }
        RecordCursor cursor =
                channel.cursor(context, longAt(0), (int) longAt(8), (int) longAt(16));
        RecordPage page = new RecordPage(channel.hashSeed(), has(ShardFrame.VALUES));
        int count = 0;
        boolean found = true;
        while (found && count < PAGE_COUNT_MAX && page.hasRoom()) {
            found = page.next(cursor);
            count += found ? 1 : 0;
        }
        reply.numbers(found ? cursor.position() : cursor.end(), count);
        reply.bytes(page.bytes());
    }

    private long longAt(int offset) {
        ByteBuf bytes = value().inline();
        if (bytes.readableBytes() < offset + Long.BYTES) {
            throw new IllegalArgumentException("operation is malformed: type=" + type);
        }
        return bytes.getLongLE(bytes.readerIndex() + offset);
    }

    private void figures(DDictStats.Manager figures) {
        reply.fields(out -> ManagerFigures.write(figures, out));
    }

    private void addWithin(Coordination coordination) {
        long before = coordination.addWithin(
                context, operand, longAt(0), longAt(8), longAt(16), has(ShardFrame.WAITS));
        number(before);
        if (before == Coordination.NOT_ADDED) {
            reply.nothing();
        }
    }

    private void offer(Coordination coordination) {
        if (!coordination.offer(context, value(), value(), operand, has(ShardFrame.WAITS))) {
            reply.nothing();
        }
    }

    private void take(Coordination coordination) {
        if (operand < 1 || operand > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("number of items is not positive: most=" + operand);
        }
        TakenItem[] items = coordination.take(
                context,
                (int) operand,
                has(ShardFrame.UNORDERED) ? Taking.UNORDERED : Taking.IN_ORDER,
                has(ShardFrame.WAITS),
                new CopiedValue.Reader());
        ByteBuf bytes = Unpooled.buffer().writeIntLE(items.length);
        for (TakenItem item : items) {
            CopiedValue copied = (CopiedValue) item.value();
            bytes.writeLongLE(item.number());
            bytes.writeLongLE(copied == null ? -1 : copied.bytes().length);
            bytes.writeIntLE(item.times());
            bytes.writeByte(copied == null ? 0 : copied.tag());
            if (copied != null) {
                bytes.writeBytes(copied.bytes());
            }
        }
        reply.bytes(bytes);
    }

    private Outcome outcome() {
        long number = longAt(0);
        Outcome[] all = Outcome.values();
        if (number < 0 || number >= all.length) {
            throw new IllegalArgumentException("unknown outcome: number=" + number);
        }
        return all[(int) number];
    }
}
