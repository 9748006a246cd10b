package io.ddict.manager.gateway;

import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.Handshake.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/*
 * Until then the connection is on the event loop of the door. Who has proved it moves to one that serves, and
 * is told so there: as he says nothing before he is told, nothing of his can come in between.
 */

/** Has a new connection prove that its other end knows the secret. One for each; on its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class HandshakeHandler extends ChannelInboundHandlerAdapter {
    /** Longest time that a handshake takes, whatever comes meanwhile. */
    static final long TIMEOUT_MS = 3_000;

    /** How late a wrong proof is answered. */
    static final long REFUSAL_DELAY_MS = 500;

    private final Doorkeeper doorkeeper;
    private final EventLoopGroup serving;
    private final BiConsumer<ChannelHandlerContext, ConnectionKind> onOpen;
    private byte[] expected = new byte[Handshake.HELLO_LENGTH];
    private int filled;
    private byte @Nullable [] hello;
    private byte @Nullable [] challenge;
    private @Nullable Future<?> timeout;
    private boolean refused;

    /**
     * Makes one.
     *
     * @param serving where the connection goes on
     * @param onOpen puts the handlers of the connection's kind behind this one, which then goes
     */
    HandshakeHandler(
            Doorkeeper doorkeeper,
            EventLoopGroup serving,
            BiConsumer<ChannelHandlerContext, ConnectionKind> onOpen) {
        this.doorkeeper = doorkeeper;
        this.serving = serving;
        this.onOpen = onOpen;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        timeout = context.executor().schedule(
                () -> giveUp(context), TIMEOUT_MS, TimeUnit.MILLISECONDS);
        doorkeeper.begins(context.channel());
    }

    private void giveUp(ChannelHandlerContext context) {
        doorkeeper.unfinished.increment();
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        settle(context);
    }

    private void settle(ChannelHandlerContext context) {
        boolean _ = doorkeeper.ends(context.channel());
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (!refused) {
                read(context, bytes);
            }
        } finally {
            bytes.release();
        }
    }

    private void read(ChannelHandlerContext context, ByteBuf bytes) {
        int length = Math.min(bytes.readableBytes(), expected.length - filled);
        bytes.readBytes(expected, filled, length);
        filled += length;
        if (filled < expected.length) {
            return;
        }
        if (bytes.isReadable()) {
            // Nobody says more before he was answered.
            refuse(context);
        } else if (hello == null) {
            onHello(context, expected);
        } else if (challenge != null) {
            onProof(context, hello, challenge);
        }
    }

    private void onHello(ChannelHandlerContext context, byte[] said) {
        Refusal refusal = Handshake.check(said, doorkeeper.clusterHash());
        byte[] answer = Handshake.challenge(refusal);
        if (refusal == Refusal.NONE) {
            hello = said;
            challenge = answer;
            expected = new byte[Handshake.PROOF_LENGTH];
            filled = 0;
            context.writeAndFlush(Unpooled.wrappedBuffer(answer));
        } else {
            countRefusal(context);
            context.writeAndFlush(Unpooled.wrappedBuffer(answer))
                    .addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void onProof(ChannelHandlerContext context, byte[] said, byte[] answered) {
        if (!Handshake.isClientProof(doorkeeper.secret(), said, answered, expected)) {
            refuseLate(context);
        } else if (!doorkeeper.tryOpen(context.channel())) {
            countRefusal(context);
            context.writeAndFlush(Unpooled.wrappedBuffer(Handshake.verdict(Refusal.BUSY)))
                    .addListener(ChannelFutureListener.CLOSE);
        } else {
            open(context, said, answered);
        }
    }

    private void open(ChannelHandlerContext context, byte[] said, byte[] answered) {
        settle(context);
        doorkeeper.accepted.increment();
        context.channel().deregister().addListener(left -> move(context, said, answered));
    }

    private void move(ChannelHandlerContext context, byte[] said, byte[] answered) {
        Channel channel = context.channel();
        serving.register(channel).addListener(moved -> {
            if (moved.isSuccess()) {
                greet(context, said, answered);
            } else {
                // Of the connection and this service, one has ended.
                channel.close();
            }
        });
    }

    private void greet(ChannelHandlerContext context, byte[] said, byte[] answered) {
        onOpen.accept(context, Handshake.kind(said));
        context.writeAndFlush(
                Unpooled.wrappedBuffer(
                        Handshake.verdict(doorkeeper.secret(), said, answered)));
        context.pipeline().remove(this);
    }

    private void refuseLate(ChannelHandlerContext context) {
        countRefusal(context);
        if (!doorkeeper.tryDelay(context.channel())) {
            context.close();
            return;
        }
        ByteBuf verdict = Unpooled.wrappedBuffer(Handshake.verdict(Refusal.SECRET));
        context.executor().schedule(
                () -> context.writeAndFlush(verdict).addListener(ChannelFutureListener.CLOSE),
                REFUSAL_DELAY_MS, TimeUnit.MILLISECONDS);
    }

    private void refuse(ChannelHandlerContext context) {
        countRefusal(context);
        context.close();
    }

    private void countRefusal(ChannelHandlerContext context) {
        refused = true;
        settle(context);
        doorkeeper.refused.increment();
    }

    // Of TLS; what it says has been sent, and the connection is closed.
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent tls && !tls.isSuccess() && !refused) {
            countRefusal(context);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // The end of a connection, by whatever name the socket calls it.
        context.close();
    }
}
