package io.ddict.manager;

import io.ddict.client.protocol.NodeAddress;

/**
 * How a node service listens for clients and services on other machines.
 *
 * @param listen where; port 0 leaves it to the kernel
 * @param connectionsMax most connections at a time
 */
public record ListenOptions(NodeAddress listen, int connectionsMax) {
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
        return new ListenOptions(listen, CONNECTIONS_MAX_DEFAULT);
    }
}
