package io.ddict.client.channel.tcp;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.Coordination;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.codec.Codec;
import io.ddict.client.protocol.ShardFrame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Calls by which processes wait for each other, at a manager on another machine. */
final class TcpCoordination implements Coordination {
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /*  offset  length  item in a reply, behind the number of items (4)
     *  0       8       number
     *  8       8       valueLength; -1 without a value
     *  16      4       times
     *  20      1       valueTag
     *  21              value */
    private static final int ITEM_LENGTH = 21;

    private final TcpChannel channel;

    TcpCoordination(TcpChannel channel) {
        this.channel = channel;
    }

    @Override
    public long addWithin(
            CallContext call, long delta, long min, long max, long atEnd, boolean waits) {
        RemoteCall reply = channel.call(
                call, ShardFrame.ADD_WITHIN, waits(waits), delta, longs(min, max, atEnd));
        long before =
                reply.outcome() == ShardFrame.NOTHING ? NOT_ADDED : reply.first();
        channel.end(reply);
        return before;
    }

    @Override
    public void postAdd(CallContext call, long delta, long atEnd) {
        channel.end(channel.call(call, ShardFrame.POST_ADD, (byte) 0, delta, longs(atEnd)));
    }

    @Override
    public <T> boolean offer(
            CallContext call, Codec<T> codec, T value, long capacity, boolean waits) {
        RemoteCall reply =
                channel.call(call, ShardFrame.OFFER, waits(waits), capacity, codec, value);
        boolean appended = reply.outcome() != ShardFrame.NOTHING;
        channel.end(reply);
        return appended;
    }

    @Override
    public <T> void postOffer(CallContext call, Codec<T> codec, T value, long capacity) {
        channel.end(
                channel.call(call, ShardFrame.POST_OFFER, (byte) 0, capacity, codec, value));
    }

    /** False: lanes are for processes of one node. */
    @Override
    public <T> boolean putInLane(
            CallContext call, long queue, Codec<T> codec, T value, long waitNs) {
        return false;
    }

    /** Null: lanes are for processes of one node. */
    @Override
    public @Nullable Object takeFromLane(
            CallContext call, long queue, boolean waits, ValueReader values) {
        return null;
    }

    @Override
    public TakenItem[] take(
            CallContext call, int most, Taking taking, boolean waits, ValueReader values) {
        byte order = taking == Taking.UNORDERED ? ShardFrame.UNORDERED : 0;
        RemoteCall reply =
                channel.call(call, ShardFrame.TAKE, (byte) (waits(waits) | order), most);
        try {
            return read(call, reply.reply(), values);
        } finally {
            channel.end(reply);
        }
    }

    // What cannot be read goes back, with all that came with it.
    private TakenItem[] read(CallContext call, MemorySegment bytes, ValueReader values) {
        TakenItem[] taken = new TakenItem[bytes.get(INT, 0)];
        long[] numbers = new long[taken.length];
        long offset = Integer.BYTES;
        RuntimeException failure = null;
        for (int index = 0; index < taken.length; index++) {
            numbers[index] = bytes.get(LONG, offset);
            long length = bytes.get(LONG, offset + 8);
            int times = bytes.get(INT, offset + 16);
            byte tag = bytes.get(ValueLayout.JAVA_BYTE, offset + 20);
            try {
                Object value =
                        length < 0 ? null : values.read(tag, bytes, offset + ITEM_LENGTH, length);
                taken[index] = new TakenItem(numbers[index], times, value);
            } catch (RuntimeException e) {
                failure = e;
            }
            offset += ITEM_LENGTH + Math.max(0, length);
        }
        if (failure != null) {
            for (int index = numbers.length - 1; index >= 0; index--) {
                acknowledge(call, numbers[index], Outcome.UNUSED);
            }
            throw failure;
        }
        return taken;
    }

    @Override
    public void acknowledge(CallContext call, long number, Outcome outcome) {
        channel.end(
                channel.call(
                        call, ShardFrame.ACKNOWLEDGE, (byte) 0, number,
                        longs(outcome.ordinal())));
    }

    @Override
    public void worksOn(long number) {
        channel.tell(ShardFrame.WORKS_ON, number);
    }

    @Override
    public long waiting(CallContext call) {
        RemoteCall reply = channel.call(call, ShardFrame.WAITING, (byte) 0, 0);
        long count = reply.first();
        channel.end(reply);
        return count;
    }

    @Override
    public void drop(CallContext call) {
        channel.end(channel.call(call, ShardFrame.DROP, (byte) 0, 0));
    }

    private static byte waits(boolean waits) {
        return waits ? ShardFrame.WAITS : 0;
    }

    private static MemorySegment longs(long... numbers) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[numbers.length * Long.BYTES]);
        for (int index = 0; index < numbers.length; index++) {
            bytes.set(LONG, (long) index * Long.BYTES, numbers[index]);
        }
        return bytes;
    }
}
