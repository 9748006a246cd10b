package io.ddict.manager.gateway;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.NodeAddress;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import java.nio.file.Path;

/** A gateway's handlers, for channels that a simulation makes. On their event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed
public final class SimulatedGateway {
    private static final int CONNECTIONS_MAX = 100;

    private final Doorkeeper doorkeeper;
    private final ShardAccess shards;
    private final long instance;
    private final ShardPorts openPorts;
    private final PeerNodes peers;

    /** Makes one that has no connection. */
    public SimulatedGateway(
            String cluster, ClusterSecret secret, ShardAccess shards, long instance) {
        this.doorkeeper = new Doorkeeper(new GatewaySettings(
                cluster, secret, new NodeAddress("service", 1), Path.of("none"), shards,
                CONNECTIONS_MAX, null));
        this.shards = shards;
        this.instance = instance;
        this.openPorts = new ShardPorts(instance);
        this.peers = new PeerNodes(cluster, secret);
    }

    /** Serves a connection, as {@link Gateway} does, by the only event loop. */
    public void serve(Channel channel, EventLoop loop) {
        channel.pipeline().addLast(
                new FirstByte(doorkeeper, null),
                new HandshakeHandler(doorkeeper, loop, this::open));
    }

    private void open(ChannelHandlerContext context, ConnectionKind kind) {
        if (kind != ConnectionKind.SHARDS) {
            // A flipped bit made it so.
            context.close();
            return;
        }
        context.pipeline().addLast(
                new ShardServer(context, doorkeeper, shards, instance, openPorts, peers));
    }

    /** Shards that clients have open. */
    public int openPorts() {
        return openPorts.count();
    }

    /** What it has counted. */
    public ConnectionFigures figures() {
        return doorkeeper.figures();
    }
}
