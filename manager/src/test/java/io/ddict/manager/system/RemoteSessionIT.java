package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sessions with a node service as from another machine: by TCP, behind the secret. */
@ExtendWith(MachineExtension.class)
@Timeout(60)
class RemoteSessionIT {
    private static final String CLUSTER = "remote";

    @Test
    void saysTheSameAsASessionOnTheMachine(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        DDict<String, String> dict = machine.connect(CLUSTER)
                .create(DDictConfig.builder().name("words").totalMemory(ByteSize.mib(8)).build());
        try (NodeConnection remote =
                NodeConnection.connect(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER))) {
            assertThat(remote.address()).isEqualTo(address);
            assertThat(remote.processId()).isEqualTo(machine.service().pid());
            assertThat(names(remote)).isEqualTo("words");
            assertThatThrownBy(
                    () -> remote.call(Request.ATTACH, out -> Fields.writeText(out, "none")))
                    .isInstanceOf(DDictException.class)
                    .hasMessage("no such dictionary, or destroyed: dictionary=none");
        }
        dict.close();
    }

    @Test
    void isSharedUntilItIsLost(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        ClusterSecret secret = ClusterSecret.ofCluster(CLUSTER);
        NodeConnection first = NodeConnection.shared(CLUSTER, address, secret);
        assertThat(NodeConnection.shared(CLUSTER, address, secret)).isSameAs(first);
        first.close();
        Await.until(Duration.ofSeconds(5), () -> "end", first::isLost);
        try (NodeConnection second = NodeConnection.shared(CLUSTER, address, secret)) {
            assertThat(second).isNotSameAs(first);
            assertThat(names(second)).isEmpty();
        }
    }

    // Whatever the cluster calls its own files.
    @Test
    void hasDictionariesOfAnyName(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        for (String name : List.of(
                "socket", "address", "secret", "lease", "lock", "control", "classes", "tls")) {
            try (DDict<String, String> dict = machine.connect(CLUSTER)
                    .create(DDictConfig.builder().name(name).totalMemory(ByteSize.mib(8)).build());
                    NodeConnection remote = NodeConnection.connect(
                            CLUSTER, address, ClusterSecret.ofCluster(CLUSTER))) {
                dict.put("key", "value");
                assertThat(names(remote)).isEqualTo(name);
                assertThat(dict.get("key")).isEqualTo("value");
                dict.destroy();
            }
        }
    }

    @Test
    void givesBackWhatItHeldWhenItEnds(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        DDict<String, String> dict = machine.connect(CLUSTER)
                .create(DDictConfig.builder().name("words").totalMemory(ByteSize.mib(8)).build());
        Path pool = machine.pools().getFirst();
        NodeConnection remote =
                NodeConnection.connect(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
        int link;
        try (DataInputStream answer = remote.call(Request.LINK, out -> {
            Fields.writeText(out, "words");
            out.writeInt(0);
        })) {
            link = answer.readInt();
        }
        Path file = pool.resolve("link-" + link);
        assertThat(file).exists();
        remote.close();
        Await.until(Duration.ofSeconds(5), () -> "end of the link", () -> !Files.exists(file));
        dict.close();
    }

    @Test
    void tellsWithinTheFailureTimeoutThatTheServiceDoesNotAnswer(Machine machine)
            throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        NodeConnection remote =
                NodeConnection.connect(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
        Await.pass(Duration.ofSeconds(4));
        assertThat(names(remote)).as("after a time without calls").isEmpty();
        long startNs = System.nanoTime();
        machine.service().stop();
        try {
            assertThatThrownBy(() -> remote.call(Request.LIST, out -> {}))
                    .isInstanceOf(ManagerLostException.class)
                    .hasMessage("node service does not answer any more: cluster=remote, address="
                            + address);
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(9));
        } finally {
            machine.service().resume();
        }
        assertThat(remote.isLost()).isTrue();
        remote.close();
    }

    @Test
    void tellsAtOnceThatTheServiceEnded(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        NodeConnection remote =
                NodeConnection.connect(CLUSTER, address, ClusterSecret.ofCluster(CLUSTER));
        machine.service().kill();
        Await.until(Duration.ofSeconds(20), () -> "end", remote::isLost);
        assertThatThrownBy(() -> names(remote)).isInstanceOf(ManagerLostException.class)
                .hasMessage("node service ended: cluster=remote, address=" + address);
        machine.forgetService();
        // Sweeps what is left.
        machine.startService("next");
    }

    @Test
    void refusesWhoDoesNotBelongToIt(Machine machine) throws IOException {
        NodeAddress address = machine.startListeningService(CLUSTER);
        ClusterSecret secret = ClusterSecret.ofCluster(CLUSTER);
        assertThatThrownBy(() -> NodeConnection.connect(CLUSTER, address, ClusterSecret.draw()))
                .isInstanceOf(DDictException.class)
                .hasMessage("node service does not accept the secret: cluster=remote, address="
                        + address + "; copy the secret file of its cluster, or name it by"
                        + " DDICT_SECRET_FILE");
        assertThatThrownBy(() -> NodeConnection.connect("other", address, secret))
                .isInstanceOf(DDictException.class)
                .hasMessage("node service is of another cluster: cluster=other, address="
                        + address + "; check the address and the cluster's name");
        NodeAddress nobody = new NodeAddress("127.0.0.1", 1);
        assertThatThrownBy(() -> NodeConnection.connect(CLUSTER, nobody, secret))
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith("node service cannot be reached: cluster=remote, address="
                        + nobody);
        try (NodeConnection remote = NodeConnection.connect(CLUSTER, address, secret)) {
            assertThat(names(remote)).isEmpty();
        }
    }

    private static String names(NodeConnection connection) {
        try (DataInputStream answer = connection.call(Request.LIST, out -> {})) {
            StringBuilder names = new StringBuilder();
            for (int left = answer.readInt(); left > 0; left--) {
                names.append(Fields.readText(answer));
            }
            return names.toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
