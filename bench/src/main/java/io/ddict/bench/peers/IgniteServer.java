package io.ddict.bench.peers;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ignite.DataRegionMetrics;
import org.apache.ignite.Ignite;
import org.apache.ignite.Ignition;
import org.jspecify.annotations.Nullable;

/** A server node in a JVM of its own, that ends with its parent. */
final class IgniteServer {
    private static final AtomicReference<@Nullable Ignite> NODE = new AtomicReference<>();

    private IgniteServer() {}

    /** Runs until it is told to end; arguments: its work folder, first port, most bytes off heap. */
    public static void main(String[] arguments) {
        JavaServer server = new JavaServer(IgniteServer::usedOutsideHeap);
        NODE.set(Ignition.start(IgniteConfig.server(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                Long.parseLong(arguments[2]))));
        server.ready();
    }

    // Deprecated in favour of metrics that only an exporter can read, such as JMX.
    @SuppressWarnings("deprecation")
    private static long usedOutsideHeap() {
        Ignite node = NODE.get();
        return node == null
                ? 0
                : node.dataRegionMetrics().stream()
                        .mapToLong(DataRegionMetrics::getTotalUsedSize)
                        .sum();
    }
}
