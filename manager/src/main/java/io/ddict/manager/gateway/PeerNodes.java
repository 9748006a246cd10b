package io.ddict.manager.gateway;

import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Other nodes of the cluster that broadcasts are passed on to. Safe from any thread. */
final class PeerNodes implements AutoCloseable {
    /** Most of them whose connections are kept from one broadcast to the next; a tree wants two. */
    static final int KEPT_MAX = 8;

    private final String cluster;
    private final ClusterSecret secret;
    // Those used last come last; guarded by this.
    private final LinkedHashMap<NodeAddress, TcpNode> kept =
            new LinkedHashMap<>(KEPT_MAX, 0.75f, true);
    private boolean closed;

    PeerNodes(String cluster, ClusterSecret secret) {
        this.cluster = cluster;
        this.secret = secret;
    }

    /** The node at an address; connects to nothing. Whoever calls has to release it. */
    synchronized TcpNode use(NodeAddress address) {
        if (closed) {
            return made(address);
        }
        TcpNode node = kept.computeIfAbsent(address, this::made);
        node.use();
        if (kept.size() > KEPT_MAX) {
            Map.Entry<NodeAddress, TcpNode> oldest = kept.pollFirstEntry();
            oldest.getValue().release();
        }
        return node;
    }

    private TcpNode made(NodeAddress address) {
        TcpNode node = TcpNode.own(cluster, address, secret);
        node.use();
        return node;
    }

    /** Ends all connections; what is under way by them is lost. */
    @Override
    public void close() {
        List<TcpNode> ended;
        synchronized (this) {
            closed = true;
            ended = List.copyOf(kept.values());
            kept.clear();
        }
        ended.forEach(TcpNode::close);
    }
}
