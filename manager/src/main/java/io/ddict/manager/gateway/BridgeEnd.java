package io.ddict.manager.gateway;

import io.ddict.client.node.Heartbeats;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.file.Path;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Both ends of a bridge are served by the same event loop. What one reads the other writes, and who cannot
 * write stops the reading of the other: what lies here is bounded by Netty's water marks, and one read.
 *
 * The client's beats are answered here, as its session may be busy for long. As long as the client is not
 * read because of that, it gets its beats unasked.
 */

/** One end of a bridge between a client on another machine and its session. On its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class BridgeEnd extends ChannelInboundHandlerAdapter {
    private final Doorkeeper doorkeeper;
    private final Channel channel;
    private final boolean isClient;
    private final FrameScanner scanner;
    private @Nullable BridgeEnd other;
    private @Nullable Future<?> beats;

    private BridgeEnd(Doorkeeper doorkeeper, Channel channel, boolean isClient) {
        this.doorkeeper = doorkeeper;
        this.channel = channel;
        this.isClient = isClient;
        this.scanner = new FrameScanner(this::handOver);
    }

    /** Puts a client's connection on a bridge, whose other end is made; reads nothing until it is there. */
    static void open(
            ChannelHandlerContext context, Doorkeeper doorkeeper, Transport transport,
            Path sessions) {
        Channel client = context.channel();
        client.config().setAutoRead(false);
        BridgeEnd end = new BridgeEnd(doorkeeper, client, true);
        context.pipeline().addLast(end);
        ChannelFuture connecting = new Bootstrap()
                .group(client.eventLoop())
                .channel(transport.sessionChannel())
                .handler(new Connecting(end))
                .connect(transport.sessionAddress(sessions));
        connecting.addListener(done -> {
            if (done.isSuccess() && client.isActive()) {
                client.config().setAutoRead(true);
            } else {
                connecting.channel().close();
                client.close();
            }
        });
    }

    private void handOver(ByteBuf bytes) {
        if (other == null) {
            bytes.release();
        } else {
            other.channel.write(bytes, other.channel.voidPromise());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (!scanner.scan(bytes, context.alloc())) {
                doorkeeper.malformed.increment();
                context.close();
            }
        } finally {
            bytes.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        BridgeEnd peer = other;
        if (peer == null) {
            return;
        }
        if (isClient && scanner.takeHeardBeat()) {
            sendBeat();
        }
        peer.channel.flush();
        if (!peer.channel.isWritable()) {
            stopReading();
        }
    }

    private void stopReading() {
        channel.config().setAutoRead(false);
        if (isClient && beats == null) {
            long intervalMs = Heartbeats.interval().toMillis();
            beats = channel.eventLoop().scheduleAtFixedRate(
                    this::sendBeat, 0, intervalMs, TimeUnit.MILLISECONDS);
        }
    }

    private void readOn() {
        channel.config().setAutoRead(true);
        stopBeats();
    }

    private void stopBeats() {
        if (beats != null) {
            beats.cancel(false);
            beats = null;
        }
    }

    // A client that takes nothing, or has some to take, needs none.
    private void sendBeat() {
        if (other != null && channel.isWritable()) {
            other.scanner.oweBeat(channel.alloc());
            channel.flush();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (other != null && context.channel().isWritable()) {
            other.readOn();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopBeats();
        if (other != null && other.channel.isActive()) {
            other.channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // The end of a connection, by whatever name the socket calls it.
        context.close();
    }

    /** Joins the two ends before the second one reads. */
    private static final class Connecting extends io.netty.channel.ChannelInitializer<Channel> {
        private final BridgeEnd client;

        Connecting(BridgeEnd client) {
            this.client = client;
        }

        @Override
        protected void initChannel(Channel session) {
            BridgeEnd end = new BridgeEnd(client.doorkeeper, session, false);
            end.other = client;
            client.other = end;
            session.pipeline().addLast(end);
        }
    }
}
