package io.ddict.bench.peers;

import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.apache.ignite.IgniteLogger;
import org.apache.ignite.cache.CacheAtomicityMode;
import org.apache.ignite.configuration.CacheConfiguration;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.configuration.ClientConnectorConfiguration;
import org.apache.ignite.configuration.DataRegionConfiguration;
import org.apache.ignite.configuration.DataStorageConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.logger.java.JavaLogger;
import org.apache.ignite.spi.communication.tcp.TcpCommunicationSpi;
import org.apache.ignite.spi.discovery.tcp.TcpDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.ipfinder.vm.TcpDiscoveryVmIpFinder;

/*
 * Ports of n nodes from the first on: n to find each other, n to talk to each other, and one for thin
 * clients if the node is a server of its own.
 */

/** Nodes and clients that talk on 127.0.0.1 only, and ask nobody for newer versions. */
final class IgniteConfig {
    static final String CACHE = "values";

    static final int PORTS_OF_SERVER = 3;

    /** Those of its start script, of the JDK for what it warns of, and its log without a greeting. */
    static final List<String> FLAGS = List.of(
            "--add-opens=java.base/jdk.internal.access=ALL-UNNAMED",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.base/sun.util.calendar=ALL-UNNAMED",
            "--add-opens=java.management/com.sun.jmx.mbeanserver=ALL-UNNAMED",
            "--add-opens=jdk.internal.jvmstat/sun.jvmstat.monitor=ALL-UNNAMED",
            "--add-opens=java.base/sun.reflect.generics.reflectiveObjects=ALL-UNNAMED",
            "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/java.net=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
            "--add-opens=java.base/java.math=ALL-UNNAMED",
            "--add-opens=java.base/java.time=ALL-UNNAMED",
            "--add-opens=java.sql/java.sql=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.net.preferIPv4Stack=true",
            "-DIGNITE_UPDATE_NOTIFIER=false",
            "-DIGNITE_QUIET=false",
            "-DIGNITE_NO_ASCII=true",
            "-DIGNITE_PERFORMANCE_SUGGESTIONS_DISABLED=true");

    private static final String HOST = "127.0.0.1";
    private static final int TIMEOUT_MS = 60_000;
    // Values are cut into pages, and freed pages are used again late.
    private static final long REGION_SHARE = 2;
    private static final long REGION_LENGTH_FIXED = 512L << 20;
    // Its loggers have the root one for a parent, and some no name. It warns at each start of settings
    // that only a cluster in production should change.
    private static final Logger LOG = Logger.getLogger("");

    private IgniteConfig() {}

    /** Most bytes off heap of one node, which may hold all of the content. */
    static long regionLength(Shape shape) {
        return REGION_SHARE * shape.contentLength() + REGION_LENGTH_FIXED;
    }

    static int portsOfNodes(int nodes) {
        return 2 * nodes;
    }

    static int clientPort(int firstPortOfServer) {
        return firstPortOfServer + PORTS_OF_SERVER - 1;
    }

    /** A server node for thin clients. */
    static IgniteConfiguration server(Path work, int firstPort, long regionLength) {
        return node(work, firstPort, 1, regionLength)
                .setClientConnectorConfiguration(new ClientConnectorConfiguration()
                        .setHost(HOST)
                        .setPort(clientPort(firstPort))
                        .setPortRange(0));
    }

    /** One of some nodes that find each other. */
    static IgniteConfiguration node(Path work, int firstPort, int nodes, long regionLength) {
        return new IgniteConfiguration()
                .setLocalHost(HOST)
                .setWorkDirectory(work.toString())
                .setGridLogger(logger())
                .setMetricsLogFrequency(0)
                .setConnectorConfiguration(null)
                .setClientConnectorConfiguration(null)
                .setDiscoverySpi(discovery(firstPort, nodes))
                .setCommunicationSpi(new TcpCommunicationSpi()
                        .setLocalAddress(HOST)
                        .setLocalPort(firstPort + nodes)
                        .setLocalPortRange(nodes))
                .setDataStorageConfiguration(storage(regionLength))
                .setCacheConfiguration(new CacheConfiguration<String, byte[]>(CACHE)
                        .setAtomicityMode(CacheAtomicityMode.ATOMIC)
                        .setBackups(0));
    }

    /** A thin client of the server. */
    static ClientConfiguration client(int port) {
        return new ClientConfiguration()
                .setAddresses(HOST + ":" + port)
                .setRequestTimeout(TIMEOUT_MS)
                .setLogger(logger());
    }

    private static TcpDiscoverySpi discovery(int firstPort, int nodes) {
        List<String> addresses = IntStream.range(firstPort, firstPort + nodes)
                .mapToObj(port -> HOST + ":" + port)
                .toList();
        return new TcpDiscoverySpi()
                .setLocalAddress(HOST)
                .setLocalPort(firstPort)
                // Both ranges count the first port.
                .setLocalPortRange(nodes)
                .setIpFinder(new TcpDiscoveryVmIpFinder().setAddresses(addresses));
    }

    private static DataStorageConfiguration storage(long regionLength) {
        return new DataStorageConfiguration()
                .setDefaultDataRegionConfiguration(new DataRegionConfiguration()
                        .setInitialSize(Math.min(regionLength, REGION_LENGTH_FIXED / 2))
                        .setMaxSize(regionLength)
                        .setMetricsEnabled(false));
    }

    private static IgniteLogger logger() {
        LOG.setLevel(Level.SEVERE);
        return new JavaLogger(LOG, false);
    }
}
