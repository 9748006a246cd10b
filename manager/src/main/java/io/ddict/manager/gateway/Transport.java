package io.ddict.manager.gateway;

import io.ddict.client.node.Heartbeats;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import jdk.net.ExtendedSocketOptions;

/*
 * The end of a client's machine is told by the kernel, and not by a missing beat: a client that is stopped
 * is alive, and what it holds is not to be taken from it. By Netty's own epoll the kernel can be told to
 * give up on data, too, that is not acknowledged; without it that takes the kernel's own time.
 */

/** How sockets are served: by epoll where its library is there, else by the JDK. */
enum Transport {
    EPOLL {
        @Override
        IoHandlerFactory handlers() {
            return EpollIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> serverChannel() {
            return EpollServerSocketChannel.class;
        }

        @Override
        Class<? extends Channel> sessionChannel() {
            return EpollDomainSocketChannel.class;
        }

        @Override
        SocketAddress sessionAddress(Path path) {
            return new DomainSocketAddress(path.toString());
        }

        @Override
        void watchPeers(ServerBootstrap server) {
            server.childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childOption(EpollChannelOption.TCP_KEEPIDLE, keepAliveSeconds())
                    .childOption(EpollChannelOption.TCP_KEEPINTVL, keepAliveSeconds())
                    .childOption(EpollChannelOption.TCP_KEEPCNT, PROBES)
                    .childOption(
                            EpollChannelOption.TCP_USER_TIMEOUT,
                            (int) Heartbeats.failureTimeout().toMillis());
        }
    },
    NIO {
        @Override
        IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> serverChannel() {
            return NioServerSocketChannel.class;
        }

        @Override
        Class<? extends Channel> sessionChannel() {
            return NioDomainSocketChannel.class;
        }

        @Override
        SocketAddress sessionAddress(Path path) {
            return UnixDomainSocketAddress.of(path);
        }

        @Override
        void watchPeers(ServerBootstrap server) {
            server.childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childOption(
                            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
                            keepAliveSeconds())
                    .childOption(
                            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
                            keepAliveSeconds())
                    .childOption(
                            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
        }
    };

    private static final int PROBES = 2;

    /** The better one of those that work here. */
    static Transport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** Makes what runs event loops. */
    abstract IoHandlerFactory handlers();

    /** Channels that accept connections. */
    abstract Class<? extends ServerChannel> serverChannel();

    /** Channels to the session socket. */
    abstract Class<? extends Channel> sessionChannel();

    /** Address of the session socket. */
    abstract SocketAddress sessionAddress(Path path);

    /** Has the kernel look after the machines of clients. */
    abstract void watchPeers(ServerBootstrap server);

    private static int keepAliveSeconds() {
        return Math.max(1, (int) (Heartbeats.failureTimeout().toSeconds() / (PROBES + 1)));
    }
}
