package io.ddict.manager.gateway;

import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.NodeAddress;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * Connections come to a thread of their own, the door, and go on to one that serves when they have proved
 * that they know the secret: whoever is served never waits for a stranger's guess.
 */

/** Where a node service is connected to from other machines. Safe from any thread. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
public final class Gateway implements AutoCloseable {
    // One serves some hundred thousand small requests a second, and the managers need CPUs too.
    private static final int LOOPS_MAX = 4;
    private static final int BACKLOG = 1024;
    // Few system calls for a part of a value, while what was read is still in the cache of a core.
    private static final int READ_MAX = 256 << 10;
    private static final int READ_FIRST = 4096;
    private static final int READ_MIN = 512;
    private static final long END_TIMEOUT_MS = 2_000;
    private static final long LOOK_NS = 1_000_000;

    private final GatewaySettings settings;
    private final Doorkeeper doorkeeper;
    private final Transport transport = Transport.best();
    private final EventLoopGroup door;
    private final EventLoopGroup loops;
    private final Channel server;
    private final ChannelGroup connections =
            new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    // Clients that come again shall know whether it is still the same service.
    private final long instance = new SecureRandom().nextLong();
    private final ShardPorts ports = new ShardPorts(instance);
    private final PeerNodes peers;
    private volatile @Nullable ControlHandler control;

    private Gateway(GatewaySettings settings) throws IOException {
        this.settings = settings;
        this.doorkeeper = new Doorkeeper(settings);
        this.peers = new PeerNodes(settings.cluster(), settings.secret());
        int cpus = Runtime.getRuntime().availableProcessors();
        this.door = loops(1, "ddict-gateway-door");
        this.loops = loops(Math.clamp(cpus / 2, 1, LOOPS_MAX), "ddict-gateway");
        boolean opened = false;
        try {
            this.server = bind();
            opened = true;
        } finally {
            if (!opened) {
                end();
            }
        }
    }

    /**
     * Listens from now on.
     *
     * @throws IOException if that is not possible at the address
     */
    public static Gateway start(GatewaySettings settings) throws IOException {
        return new Gateway(settings);
    }

    private EventLoopGroup loops(int count, String name) {
        return new MultiThreadIoEventLoopGroup(
                count, new DefaultThreadFactory(name, true), transport.handlers());
    }

    private Channel bind() throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(door)
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(READ_MIN, READ_FIRST, READ_MAX))
                .childHandler(new Accepting());
        transport.watchPeers(bootstrap);
        NodeAddress listen = settings.listen();
        var binding = bootstrap.bind(bound(listen))
                .awaitUninterruptibly();
        Throwable cause = binding.cause();
        if (cause != null) {
            throw new IOException(
                    "node service cannot listen: address=" + listen + ", cause=" + cause
                            + "; choose another address of this machine, or port 0 for any",
                    cause);
        }
        return binding.channel();
    }

    // To a machine itself its own name may mean loopback, where no other would reach it.
    private static InetSocketAddress bound(NodeAddress listen) {
        InetSocketAddress named = new InetSocketAddress(listen.host(), listen.port());
        InetAddress address = named.getAddress();
        boolean isMeant = address == null
                || !address.isLoopbackAddress()
                || listen.host().equals("localhost")
                || listen.host().equals(address.getHostAddress());
        return isMeant ? named : new InetSocketAddress(listen.port());
    }

    /** Where it listens, with the port that the kernel chose if it was to. */
    public NodeAddress address() {
        InetSocketAddress bound = (InetSocketAddress) server.localAddress();
        return new NodeAddress(settings.listen().host(), bound.getPort());
    }

    /** Sets who handles requests for the control service, in place of an earlier one. */
    public void control(ControlHandler handler) {
        control = handler;
    }

    /** What it has counted. */
    public ConnectionFigures figures() {
        return doorkeeper.figures();
    }

    /** Ends all connections, and listens no more; shards that clients had open are closed. */
    @Override
    public void close() {
        server.close().awaitUninterruptibly(END_TIMEOUT_MS);
        // First, so that no connection is between the two when it is closed.
        end(door);
        connections.close().awaitUninterruptibly(END_TIMEOUT_MS);
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_TIMEOUT_MS);
        peers.close();
        while (ports.count() > 0 && System.nanoTime() - endNs < 0) {
            LockSupport.parkNanos(LOOK_NS);
        }
        end();
    }

    private void end() {
        end(door);
        end(loops);
    }

    private static void end(EventLoopGroup group) {
        group.shutdownGracefully(0, END_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(END_TIMEOUT_MS);
    }

    private void open(ChannelHandlerContext context, ConnectionKind kind) {
        switch (kind) {
            case SESSION ->
                    BridgeEnd.open(context, doorkeeper, transport, settings.sessions());
            case CONTROL ->
                    context.pipeline().addLast(new ControlServer(doorkeeper, () -> control));
            case SHARDS -> context.pipeline().addLast(
                    new ShardServer(
                            context, doorkeeper, settings.shards(), instance, ports, peers));
        }
    }

    private final class Accepting extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            connections.add(channel);
            channel.pipeline().addLast(
                    new FirstByte(doorkeeper, settings.tls()),
                    new HandshakeHandler(doorkeeper, loops, Gateway.this::open));
        }
    }
}
