package io.ddict.manager.gateway;

import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.TlsContext;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/*
 * Whoever encrypts begins with another byte than who does not. So each is told, in words that he understands,
 * if this service expects the other thing. It never takes what it does not expect.
 *
 * What costs time in a handshake of TLS, the signature above all, is done by virtual threads: strangers must
 * not hold up the event loop, and there are only so many handshakes at a time.
 */

/** Looks at the first byte of a connection, and has it encrypted if it is to be. On its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class FirstByte extends ByteToMessageDecoder {
    // A record of TLS that carries a handshake.
    private static final byte TLS = 0x16;
    private static final Executor SIGNERS =
            task -> Thread.ofVirtual().name("ddict-gateway-tls").start(task);

    // How long the end of a connection is held up by a client that takes nothing.
    private static final long FAREWELL_MS = 500;

    private final Doorkeeper doorkeeper;
    private final @Nullable TlsSettings tls;
    private boolean refused;

    /**
     * Makes one.
     *
     * @param tls null if connections are not encrypted
     */
    FirstByte(Doorkeeper doorkeeper, @Nullable TlsSettings tls) {
        this.doorkeeper = doorkeeper;
        this.tls = tls;
    }

    /** Whether what is read and written of a connection is encrypted below. */
    static boolean isEncrypted(Channel channel) {
        return channel.pipeline().get(SslHandler.class) != null;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
            throws IOException {
        if (refused) {
            in.skipBytes(in.readableBytes());
            return;
        }
        boolean isTls = in.getByte(in.readerIndex()) == TLS;
        if (tls == null && isTls) {
            refuse(context, Refusal.NO_TLS);
        } else if (tls == null) {
            context.pipeline().remove(this);
        } else if (isTls) {
            context.pipeline().replace(this, null, encryption(tls));
        } else {
            refuse(context, Refusal.TLS_ONLY);
        }
    }

    private static SslHandler encryption(TlsSettings tls) throws IOException {
        SslHandler handler = new SslHandler(TlsContext.of(tls).service(), SIGNERS);
        // The secret's handshake has a limit of time, and begins with the connection.
        handler.setHandshakeTimeoutMillis(0);
        handler.setCloseNotifyFlushTimeoutMillis(FAREWELL_MS);
        return handler;
    }

    private void refuse(ChannelHandlerContext context, Refusal why) {
        refused = true;
        doorkeeper.refused.increment();
        context.writeAndFlush(Unpooled.wrappedBuffer(Handshake.challenge(why)))
                .addListener(ChannelFutureListener.CLOSE);
    }
}
