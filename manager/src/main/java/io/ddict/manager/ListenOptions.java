package io.ddict.manager;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a node service listens for clients and services on other machines.
 *
 * @param listen where; port 0 leaves it to the kernel
 * @param connectionsMax most connections at a time
 * @param secret the cluster's; null for the one that its secret file holds, or a new one
 * @param join where a service of the cluster listens that this one is to join; null to found the cluster
 */
public record ListenOptions(
        NodeAddress listen, int connectionsMax, @Nullable ClusterSecret secret,
        @Nullable NodeAddress join) {
    /** Most connections unless set; each takes two file descriptors or so. */
    public static final int CONNECTIONS_MAX_DEFAULT = 16_384;

    private static final int CONNECTIONS_MAX_MAX = 1_000_000;

    /** Checks the parts. */
    public ListenOptions {
        if (connectionsMax < 1 || connectionsMax > CONNECTIONS_MAX_MAX) {
            throw new IllegalArgumentException(
                    "connectionsMax is not in 1.." + CONNECTIONS_MAX_MAX + ": connectionsMax="
                            + connectionsMax);
        }
    }

    /** Listens at an address, else as usual. */
    public static ListenOptions at(NodeAddress listen) {
        return new ListenOptions(listen, CONNECTIONS_MAX_DEFAULT, null, null);
    }

    /** The same in a cluster that is there; with null for the other, in a new one of a known secret. */
    public ListenOptions joining(@Nullable NodeAddress other, @Nullable ClusterSecret known) {
        return new ListenOptions(listen, connectionsMax, known, other);
    }
}
