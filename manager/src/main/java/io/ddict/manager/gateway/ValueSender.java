package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.HeldValue;
import io.ddict.client.protocol.ShardFrame;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/*
 * A long value is sent from where it lies in the memory pool. Two parts are on their way at a time: one is
 * sent while the other's checksum is made. Other connections get their turns in between, and if the client
 * takes nothing the value waits here, and holds nothing but a pin of the client's own.
 */

/** Sends one value, part by part, and then lets go of it. On its connection's event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class ValueSender {
    private static final int PARTS = 2;

    private final Channel channel;
    private final ShardReply reply;
    private final HeldValue value;
    private final MemorySegment bytes;
    private final Runnable onEnd;
    private long offset;
    private int underWay;
    private boolean ended;

    private ValueSender(Channel channel, ShardReply reply, HeldValue value, Runnable onEnd) {
        this.channel = channel;
        this.reply = reply;
        this.value = value;
        this.bytes = value.bytes();
        this.onEnd = onEnd;
    }

    /**
     * Sends a value, and closes it in the end.
     *
     * @param reply what begins each part; of this alone from now on
     */
    static void send(Channel channel, ShardReply reply, HeldValue value, Runnable onEnd) {
        reply.value(value.tag(), value.version());
        new ValueSender(channel, reply, value, onEnd).go();
    }

    private void go() {
        while (underWay < PARTS && offset < bytes.byteSize() && channel.isActive()) {
            sendPart();
        }
        channel.flush();
        endIfDone();
    }

    private void sendPart() {
        int length = (int) Math.min(ShardFrame.PART_MAX, bytes.byteSize() - offset);
        ByteBuffer piece = bytes.asSlice(offset, length).asByteBuffer();
        ChannelPromise promise = channel.newPromise();
        promise.addListener(sent -> onSent((ChannelFuture) sent));
        channel.write(reply.header(piece, offset, bytes.byteSize()), channel.voidPromise());
        underWay++;
        offset += length;
        channel.write(Unpooled.wrappedBuffer(piece), promise);
    }

    // Not at once, so that others get their turn.
    private void onSent(ChannelFuture sent) {
        underWay--;
        if (sent.isSuccess() && offset < bytes.byteSize()) {
            sent.channel().eventLoop().execute(this::go);
        } else {
            endIfDone();
        }
    }

    private void endIfDone() {
        boolean isDone = offset == bytes.byteSize() || !channel.isActive();
        if (isDone && underWay == 0 && !ended) {
            ended = true;
            value.close();
            onEnd.run();
        }
    }
}
