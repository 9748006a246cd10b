package io.ddict.manager.gateway;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.TlsSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway goes by.
 *
 * @param cluster name of the cluster
 * @param secret what clients have to know
 * @param listen where to listen; port 0 leaves it to the kernel
 * @param sessions the service's own session socket
 * @param shards opens the service's shards
 * @param connectionsMax most connections at a time
 * @param tls how connections are encrypted; null if they are not
 */
public record GatewaySettings(
        String cluster, ClusterSecret secret, NodeAddress listen, Path sessions,
        ShardAccess shards, int connectionsMax, @Nullable TlsSettings tls) {}
