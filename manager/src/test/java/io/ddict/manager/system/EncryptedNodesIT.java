package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.manager.gateway.TestCertificates;
import io.ddict.manager.gateway.TestCertificates.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Node services whose connections are encrypted, each as on a machine of its own. */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class EncryptedNodesIT {
    private static final String CLUSTER = "encrypted";
    private static final int KEYS = 300;
    private static final Duration BEYOND_A_LEASE = Duration.ofSeconds(4);

    @TempDir
    private Path folder;

    private TestCertificates certificates;
    private Issued issued;

    @BeforeEach
    void issue() {
        certificates = new TestCertificates(folder);
        issued = certificates.forLoopback();
    }

    @AfterEach
    void forget() {
        System.clearProperty("ddict.tls.trust");
    }

    @Test
    void holdADictionaryTogether(Machine machine) {
        machine.giveServices(certificates.options(issued, true));
        NodeAddress first = machine.startListeningService(CLUSTER);
        machine.startJoiningService(CLUSTER, first);
        Cluster cluster = machine.connect(CLUSTER);
        DDictConfig.Builder config = DDictConfig.builder()
                .nodes(2).managersPerNode(2).totalMemory(ByteSize.mib(64));
        try (DDict<String, byte[]> dict = cluster.create(config.build())) {
            Map<String, byte[]> model = new HashMap<>();
            for (int i = 0; i < KEYS; i++) {
                byte[] value = new byte[i % 100 == 7 ? 1_500_000 : i];
                Arrays.fill(value, (byte) i);
                dict.put("key-" + i, value);
                model.put("key-" + i, value);
            }
            assertThat(IntStream.range(0, 4).mapToLong(manager -> dict.manager(manager).size()))
                    .allMatch(size -> size > KEYS / 8);
            model.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
            // By now a service that was not heard of would have ended.
            Await.pass(BEYOND_A_LEASE);
            model.forEach((key, value) -> assertThat(dict.get(key)).isEqualTo(value));
            dict.destroy();
        }
        try (DDict<String, byte[]> next = cluster.create(config.build())) {
            next.put("key", new byte[1]);
            assertThat(next.size()).isEqualTo(1);
            next.destroy();
        }
    }

    @Test
    void passABroadcastOn(Machine machine) {
        machine.giveServices(certificates.options(issued, true));
        NodeAddress first = machine.startListeningService(CLUSTER);
        for (int node = 1; node < 4; node++) {
            machine.startJoiningService(CLUSTER, first);
        }
        Cluster cluster = machine.connect(CLUSTER);
        DDictConfig.Builder config = DDictConfig.builder()
                .nodes(4).managersPerNode(1).totalMemory(ByteSize.mib(64));
        try (DDict<String, byte[]> dict = cluster.create(config.build())) {
            BroadcastNodesIT.awaitStored(
                    dict, Content.of(1, 3_000_000), Duration.ofSeconds(30));
            dict.destroy();
        }
    }

    @Test
    void tellTheirMachineHowToReachOthers(Machine machine) throws IOException {
        machine.giveServices(certificates.options(issued, true));
        NodeAddress address = machine.startListeningService(CLUSTER);
        assertThat(TlsSettings.ofCluster(CLUSTER)).isEqualTo(new TlsSettings(
                certificates.trust(), issued.certificate(), issued.key(), true, false));
        ClusterSecret secret = ClusterSecret.ofCluster(CLUSTER);
        try (NodeConnection session = NodeConnection.connect(CLUSTER, address, secret)) {
            assertThat(session.processId()).isEqualTo(machine.service().pid());
        }
        // Somebody on another machine has to be told.
        Files.delete(RuntimeDirectory.ofCluster(CLUSTER).resolve(RuntimeDirectory.TLS));
        assertThatThrownBy(() -> NodeConnection.connect(CLUSTER, address, secret))
                .isInstanceOf(DDictException.class)
                .hasMessage("node service takes encrypted connections only: cluster=encrypted,"
                        + " address=" + address + "; name the authority of its certificate by"
                        + " DDICT_TLS_TRUST");
        System.setProperty("ddict.tls.trust", certificates.trust().toString());
        assertThatThrownBy(() -> NodeConnection.connect(CLUSTER, address, secret))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("node service does not accept the certificate");
    }

    @Test
    void areMissedWhenTheyAnswerNoMore(Machine machine) throws IOException {
        machine.giveServices(certificates.options(issued, false));
        NodeAddress address = machine.startListeningService(CLUSTER);
        DDict<String, String> dict = machine.connect(CLUSTER).create(
                DDictConfig.builder().name("d").totalMemory(ByteSize.mib(16)).build());
        ClusterSecret secret = ClusterSecret.ofCluster(CLUSTER);
        NodeConnection session = NodeConnection.connect(CLUSTER, address, secret);
        TcpNode node = TcpNode.own(CLUSTER, address, secret);
        try (ChannelClient client = new ChannelClient(
                TcpChannel.open(node, "d", 0, Duration.ofSeconds(10)), node::close, node::close)) {
            client.put("key", "value");
            Await.pass(BEYOND_A_LEASE);
            assertThat(client.get("key")).as("after a time without calls").isEqualTo("value");
            long startNs = System.nanoTime();
            machine.service().stop();
            try {
                assertThatThrownBy(() -> client.get("key"))
                        .isInstanceOf(ManagerLostException.class)
                        .hasMessageStartingWith("node service does not answer any more");
                assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(9));
                assertThatThrownBy(() -> session.call(Request.LIST, out -> {}))
                        .isInstanceOf(ManagerLostException.class);
            } finally {
                machine.service().resume();
            }
            assertThat(client.get("key")).isEqualTo("value");
        }
        dict.close();
    }

    @Test
    void serveManyThreadsByOneConnection(Machine machine) throws Exception {
        machine.giveServices(certificates.options(issued, false));
        NodeAddress address = machine.startListeningService(CLUSTER);
        DDict<String, byte[]> dict = machine.connect(CLUSTER).create(
                DDictConfig.builder().name("d").totalMemory(ByteSize.mib(64)).build());
        TcpNode node = TcpNode.own(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
        try (TcpChannel channel = TcpChannel.open(node, "d", 0, Duration.ofSeconds(10));
                ExecutorService threads = Executors.newFixedThreadPool(6)) {
            Future<?>[] all = new Future<?>[6];
            for (int thread = 0; thread < all.length; thread++) {
                int number = thread;
                all[thread] = threads.submit(() -> putAndGet(channel, number));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        node.close();
        dict.close();
    }

    // Short and long ones by turns, so that the parts of some go between the frames of others.
    private static void putAndGet(TcpChannel channel, int number) {
        ChannelClient client = new ChannelClient(channel, () -> {}, () -> {});
        for (int round = 0; round < 60; round++) {
            byte[] value = new byte[round % 3 == 0 ? 1_000_000 + round : 100 + round];
            Arrays.fill(value, (byte) (number * 60 + round));
            client.put("key-" + number, value);
            assertThat((byte[]) client.get("key-" + number)).isEqualTo(value);
        }
    }

    @Test
    void doNotStartWithoutFilesThatMakeSense(Machine machine) throws IOException {
        assertThatThrownBy(() -> {
            machine.giveServices(certificates.options(
                    new Issued(issued.certificate(), certificates.forLoopback().key()), false));
            machine.startListeningService(CLUSTER);
        }).hasMessageContaining("private key is not that of the certificate: file=");
        machine.forgetServiceThatFailed();
    }
}
