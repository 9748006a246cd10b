package io.ddict.bench.limits;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** The sockets between two processes of one machine. */
enum Wire {
    /** TCP over the loopback interface, without Nagle's delay. */
    TCP("loopback TCP"),
    /** A Unix domain socket. */
    UNIX("Unix socket");

    private static final String SOCKET = "socket";

    private final String label;

    Wire(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Listens, with room for one peer. */
    ServerSocketChannel listen(Path folder) throws IOException {
        ServerSocketChannel server = this == TCP
                ? ServerSocketChannel.open()
                : ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        return server.bind(
                this == TCP
                        ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)
                        : UnixDomainSocketAddress.of(folder.resolve(SOCKET)));
    }

    /** What {@link #connect} needs: a port, or a path. */
    String address(ServerSocketChannel server) throws IOException {
        return server.getLocalAddress() instanceof InetSocketAddress address
                ? Integer.toString(address.getPort())
                : server.getLocalAddress().toString();
    }

    SocketChannel connect(String address) throws IOException {
        SocketAddress server = this == TCP
                ? new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), Integer.parseInt(address))
                : UnixDomainSocketAddress.of(address);
        return withoutDelay(SocketChannel.open(server));
    }

    SocketChannel accept(ServerSocketChannel server) throws IOException {
        return withoutDelay(server.accept());
    }

    private SocketChannel withoutDelay(SocketChannel channel) throws IOException {
        return this == TCP ? channel.setOption(StandardSocketOptions.TCP_NODELAY, true) : channel;
    }
}
