package io.ddict.bench.peers;

import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.NetworkConfig;
import java.util.List;

/** Members and clients that talk at the address of {@link LocalPorts}, tell nobody, and count nothing. */
final class HazelcastConfig {
    static final String MAP = "values";

    static final String EXECUTOR = "tasks";

    /** Those of its manual, of the JDK for what it warns of, and a level for its log. */
    static final List<String> FLAGS = List.of(
            "--add-modules=java.se",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.management/sun.management=ALL-UNNAMED",
            "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dhazelcast.phone.home.enabled=false",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");

    private static final String CLUSTER = "ddict-bench";
    private static final String HOST = LocalPorts.host();
    private static final int CONNECT_TIMEOUT_MS = 60_000;

    private HazelcastConfig() {}

    /** A member on one of the ports, and all those on the other ports. */
    static Config member(int firstPort, int ports) {
        Config config = new Config();
        config.setClusterName(CLUSTER);
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.logging.type", "slf4j");
        config.setProperty("hazelcast.socket.bind.any", "false");
        config.setProperty("hazelcast.health.monitoring.level", "OFF");
        config.getMetricsConfig().setEnabled(false);
        config.addMapConfig(new MapConfig(MAP)
                .setInMemoryFormat(InMemoryFormat.BINARY)
                .setBackupCount(0)
                .setStatisticsEnabled(false));
        listen(config.getNetworkConfig(), firstPort, ports);
        return config;
    }

    /** A client of the member at an address. */
    static ClientConfig client(String address) {
        ClientConfig config = new ClientConfig();
        config.setClusterName(CLUSTER);
        config.setProperty("hazelcast.logging.type", "slf4j");
        config.getMetricsConfig().setEnabled(false);
        config.getNetworkConfig().addAddress(address);
        config.getConnectionStrategyConfig().getConnectionRetryConfig()
                .setClusterConnectTimeoutMillis(CONNECT_TIMEOUT_MS);
        return config;
    }

    private static void listen(NetworkConfig network, int firstPort, int ports) {
        network.setPort(firstPort).setPortCount(ports).setPortAutoIncrement(ports > 1);
        network.getInterfaces().setEnabled(true).addInterface(HOST);
        JoinConfig join = network.getJoin();
        join.getMulticastConfig().setEnabled(false);
        join.getAutoDetectionConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true);
        for (int port = firstPort; port < firstPort + ports; port++) {
            join.getTcpIpConfig().addMember(HOST + ":" + port);
        }
    }
}
