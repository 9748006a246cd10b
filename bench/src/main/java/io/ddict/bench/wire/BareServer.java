package io.ddict.bench.wire;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/*
 * A request is two longs, how many bytes follow and how many are to come back, and then those bytes. The
 * answer is made of memory that is there already. So this is what Netty does with the same bytes, and
 * nothing else.
 */

/** Answers requests with as many bytes as they ask for. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails ends its client's run
final class BareServer implements AutoCloseable {
    /** Bytes before a request's own. */
    static final int HEADER_LENGTH = 16;

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Channel channel;

    BareServer(int answerLengthMax) {
        ByteBuf answer = Unpooled.directBuffer(answerLengthMax).writeZero(answerLengthMax);
        channel = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        accepted.pipeline().addLast(new Answering(answer));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .awaitUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
        channel.close();
        loops.shutdownGracefully();
    }

    private static final class Answering extends ChannelInboundHandlerAdapter {
        private final ByteBuf answer;
        private final ByteBuf header = Unpooled.directBuffer(HEADER_LENGTH);
        private long left;
        private int wanted;

        Answering(ByteBuf answer) {
            this.answer = answer;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            while (in.isReadable()) {
                if (left == 0) {
                    in.readBytes(header, Math.min(in.readableBytes(), header.writableBytes()));
                    if (header.isWritable()) {
                        break;
                    }
                    left = header.readLong();
                    wanted = (int) header.readLong();
                    header.clear();
                }
                int count = (int) Math.min(left, in.readableBytes());
                in.skipBytes(count);
                left -= count;
                if (left == 0) {
                    context.write(answer.retainedSlice(0, wanted), context.voidPromise());
                }
            }
            in.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
