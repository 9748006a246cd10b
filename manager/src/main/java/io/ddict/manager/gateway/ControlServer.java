package io.ddict.manager.gateway;

import io.ddict.client.node.ControlClient;
import io.ddict.client.protocol.Frames;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * Frames are those of a session: length, number of the request, and then the request as it is, or a status
 * and the reply. Requests are handled on virtual threads, as they may wait for other machines.
 */

/** Serves the requests of one connection for the control service. On its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class ControlServer extends ByteToMessageDecoder {
    /** Most requests of a connection that are handled at a time; more are not read. */
    static final int REQUESTS_MAX = 64;

    private static final byte OK = 0;
    private static final byte FAILED = 1;

    private final Doorkeeper doorkeeper;
    private final Supplier<@Nullable ControlHandler> handler;
    private int handled;

    ControlServer(Doorkeeper doorkeeper, Supplier<@Nullable ControlHandler> handler) {
        this.doorkeeper = doorkeeper;
        this.handler = handler;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < Integer.BYTES || handled >= REQUESTS_MAX) {
            return;
        }
        int length = in.getInt(in.readerIndex());
        if (length == Frames.BEAT) {
            in.skipBytes(Integer.BYTES);
            beat(context);
        } else if (length < Integer.BYTES || length > Frames.LENGTH_MAX) {
            in.skipBytes(in.readableBytes());
            doorkeeper.malformed.increment();
            context.close();
        } else if (in.readableBytes() >= Integer.BYTES + length) {
            in.skipBytes(Integer.BYTES);
            int number = in.readInt();
            byte[] request = new byte[length - Integer.BYTES];
            in.readBytes(request);
            begin(context, number, request);
        }
    }

    // Who takes nothing needs no beat.
    private static void beat(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            context.writeAndFlush(context.alloc().buffer(Integer.BYTES).writeInt(Frames.BEAT));
        }
    }

    private void begin(ChannelHandlerContext context, int number, byte[] request) {
        if (++handled == REQUESTS_MAX) {
            context.channel().config().setAutoRead(false);
        }
        Thread.ofVirtual().name("ddict-control").start(() -> {
            ByteBuffer reply = reply(number, request);
            context.executor().execute(() -> end(context, reply));
        });
    }

    private void end(ChannelHandlerContext context, ByteBuffer reply) {
        context.writeAndFlush(Unpooled.wrappedBuffer(reply), context.voidPromise());
        if (handled-- == REQUESTS_MAX) {
            context.channel().config().setAutoRead(true);
            // What was read already, and left lying.
            context.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
        }
    }

    private ByteBuffer reply(int number, byte[] request) {
        try {
            ControlHandler known = handler.get();
            if (known == null) {
                return failure(number, "node service has no control service");
            }
            byte[] reply = known.handle(request);
            if (reply.length > ControlClient.LENGTH_MAX) {
                return failure(
                        number, "reply too long: length=" + reply.length + "B, lengthMax="
                                + ControlClient.LENGTH_MAX + "B");
            }
            return frame(number, OK, reply);
        } catch (RuntimeException | Error e) {
            // An error too: without an answer the other service would wait until its timeout.
            return failure(number, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static ByteBuffer failure(int number, String text) {
        byte[] utf8 = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return frame(number, FAILED, utf8);
    }

    private static ByteBuffer frame(int number, byte status, byte[] bytes) {
        try {
            return Frames.frame(out -> {
                out.writeInt(number);
                out.writeByte(status);
                out.write(bytes);
            });
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // The end of a connection, by whatever name the socket calls it.
        context.close();
    }
}
