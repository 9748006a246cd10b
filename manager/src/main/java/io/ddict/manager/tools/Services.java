package io.ddict.manager.tools;

import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.Request;
import io.ddict.manager.VerifiedPool;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Asks each node service of a cluster the same. One thread. */
final class Services {
    // A pool of some gigabytes is walked in seconds.
    private static final Duration VERIFY_TIMEOUT = Duration.ofMinutes(10);

    private final NodeConnection home;

    private Services(NodeConnection home) {
        this.home = home;
    }

    static Services of(String cluster) {
        return new Services(NodeConnection.shared(cluster));
    }

    /** What the service of a node has counted of connections from other machines. */
    record Connections(String host, ConnectionFigures figures) {}

    /** Those of all services that listen; none if the cluster has one node. */
    List<Connections> connections() throws IOException {
        List<Connections> all = new ArrayList<>();
        for (MemberEntry member : Members.of(home)) {
            if (!member.address().isEmpty()) {
                try (DataInputStream answer =
                        Members.connection(home, member).call(Request.CONNECTIONS, out -> {})) {
                    all.add(new Connections(member.host(), ConnectionFigures.read(answer)));
                }
            }
        }
        return all;
    }

    /** The pools of a dictionary on all nodes, by the number of their managers. */
    List<VerifiedPool> verify(String dictionary) throws IOException {
        List<VerifiedPool> pools = new ArrayList<>();
        for (MemberEntry member : Members.of(home)) {
            try (DataInputStream answer = Members.connection(home, member).call(
                    Request.VERIFY, VERIFY_TIMEOUT, out -> Fields.writeText(out, dictionary))) {
                pools.addAll(VerifiedPool.readAll(answer));
            }
        }
        pools.sort(Comparator.comparingInt(VerifiedPool::manager));
        return pools;
    }
}
