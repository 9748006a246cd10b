package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.ControlClient;
import io.ddict.client.node.SecretSocket;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway and strangers: handshakes, and requests for the control service. */
@Timeout(60)
class GatewayTest {
    private static final String CLUSTER = "blue";
    private static final Duration SOON = Duration.ofSeconds(5);

    @TempDir
    private Path directory;

    private final ClusterSecret secret = ClusterSecret.draw();
    private ServerSocketChannel sessions;
    private Gateway gateway;

    @BeforeEach
    void start() throws IOException {
        Path socket = directory.resolve("socket");
        sessions = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        sessions.bind(UnixDomainSocketAddress.of(socket));
        gateway = Gateway.start(new GatewaySettings(
                CLUSTER, secret, new NodeAddress("127.0.0.1", 0), socket,
                (dictionary, manager, isGone) -> {
                    throw new IOException("no shards here");
                }, 40, null));
    }

    @AfterEach
    void close() throws IOException {
        gateway.close();
        sessions.close();
    }

    private SocketChannel connect(ConnectionKind kind) {
        return SecretSocket.open(CLUSTER, gateway.address(), secret, kind, SOON).socket();
    }

    private SocketChannel stranger() throws IOException {
        NodeAddress address = gateway.address();
        return SocketChannel.open(new InetSocketAddress(address.host(), address.port()));
    }

    @Test
    void handsRequestsToTheControlService() throws Exception {
        CountDownLatch bothThere = new CountDownLatch(2);
        gateway.control(request -> {
            if (request.length == 0) {
                throw new IllegalStateException("nothing was asked");
            }
            if (request[0] == 'w') {
                bothThere.countDown();
                await(bothThere);
            }
            byte[] reply = Arrays.copyOf(request, request.length + 1);
            reply[request.length] = '!';
            return reply;
        });
        try (ControlClient client = new ControlClient(CLUSTER, gateway.address(), secret);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            assertThat(client.call(bytes("ask"), SOON)).isEqualTo(bytes("ask!"));
            // Both are handled at a time, by one connection.
            Future<byte[]> one = threads.submit(() -> client.call(bytes("w1"), SOON));
            Future<byte[]> other = threads.submit(() -> client.call(bytes("w2"), SOON));
            assertThat(one.get()).isEqualTo(bytes("w1!"));
            assertThat(other.get()).isEqualTo(bytes("w2!"));
            assertThatThrownBy(() -> client.call(new byte[0], SOON))
                    .isInstanceOf(DDictException.class)
                    .hasMessageEndingWith("cause=nothing was asked");
            byte[] longest = new byte[ControlClient.LENGTH_MAX - 1];
            assertThat(client.call(longest, SOON)).hasSize(ControlClient.LENGTH_MAX);
            assertThatThrownBy(() -> client.call(new byte[ControlClient.LENGTH_MAX], SOON))
                    .isInstanceOf(DDictException.class).hasMessageContaining("reply too long");
            assertThatThrownBy(() -> client.call(new byte[ControlClient.LENGTH_MAX + 1], SOON))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("request too long");
            assertThat(gateway.figures().open()).isEqualTo(1);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(5, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void tellsWhoWaitsForAReplyThatItDoesNotCome() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        gateway.control(request -> request);
        try (ControlClient client = new ControlClient(CLUSTER, gateway.address(), secret);
                ExecutorService threads = Executors.newSingleThreadExecutor()) {
            // Connects, which may take longer than what follows.
            assertThat(client.call(new byte[2], SOON)).hasSize(2);
            gateway.control(request -> {
                await(end);
                return request;
            });
            assertThatThrownBy(() -> client.call(new byte[1], Duration.ofMillis(50)))
                    .isInstanceOf(DDictTimeoutException.class).hasMessageContaining("50ms");
            Future<?> waiting = threads.submit(() -> client.call(new byte[1], SOON));
            until(() -> gateway.figures().open() == 1);
            end.countDown();
            waiting.get();
            NodeAddress before = gateway.address();
            gateway.close();
            assertThatThrownBy(() -> {
                while (true) {
                    client.call(new byte[1], SOON);
                }
            }).isInstanceOfAny(ManagerLostException.class, DDictException.class);
            gateway = Gateway.start(new GatewaySettings(
                    CLUSTER, secret, before, directory.resolve("socket"), null, 40, null));
            gateway.control(request -> request);
            assertThat(client.call(new byte[7], SOON)).hasSize(7);
        }
    }

    @Test
    void closesWhoSaysNothingOrTooLittle() throws Exception {
        List<SocketChannel> silent = new ArrayList<>();
        for (int index = 0; index < 5; index++) {
            silent.add(stranger());
        }
        SocketChannel slow = silent.getFirst();
        long startNs = System.nanoTime();
        int sent = 0;
        try {
            while (sent < 200 && System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(20)) {
                slow.write(ByteBuffer.wrap(new byte[]{0x44}));
                sent++;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            }
        } catch (IOException e) {
            // It was closed, which is looked at below.
        }
        assertThat(sent).isLessThan(30);
        for (SocketChannel each : silent.subList(1, silent.size())) {
            assertThat(each.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        assertThat(gateway.figures().unfinished()).isEqualTo(5);
        try (SocketChannel honest = connect(ConnectionKind.CONTROL)) {
            assertThat(honest.isConnected()).isTrue();
        }
    }

    @Test
    void letsTheOldestStrangersGiveWay() throws Exception {
        List<SocketChannel> silent = new ArrayList<>();
        for (int index = 0; index < Doorkeeper.HANDSHAKES_MAX + 50; index++) {
            silent.add(stranger());
        }
        long startNs = System.nanoTime();
        connect(ConnectionKind.CONTROL).close();
        assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                .isLessThan(Duration.ofMillis(HandshakeHandler.TIMEOUT_MS - 500));
        assertThat(silent.getFirst().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        for (SocketChannel each : silent) {
            each.close();
        }
    }

    @Test
    void answersWrongSecretsLateAndOthersAtOnce() throws Exception {
        ClusterSecret wrong = ClusterSecret.draw();
        long startNs = System.nanoTime();
        assertThatThrownBy(() -> SecretSocket.open(
                CLUSTER, gateway.address(), wrong, ConnectionKind.CONTROL, SOON))
                .hasMessageStartingWith("node service does not accept the secret");
        assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                .isGreaterThanOrEqualTo(Duration.ofMillis(HandshakeHandler.REFUSAL_DELAY_MS));
        // Nobody waits for the answer.
        for (int index = 0; index < 2_000; index++) {
            guess(wrong);
            if (index % 500 == 0) {
                // Who waits for the refusals of others does so each time.
                until(this::connectsSoon);
            }
        }
        assertThat(gateway.figures().refused()).isGreaterThanOrEqualTo(2_000);
        until(() -> gateway.figures().open() == 0);
    }

    private boolean connectsSoon() {
        long startNs = System.nanoTime();
        try (SocketChannel honest = connect(ConnectionKind.CONTROL)) {
            assertThat(honest.isConnected()).isTrue();
            return System.nanoTime() - startNs
                    < TimeUnit.MILLISECONDS.toNanos(HandshakeHandler.REFUSAL_DELAY_MS);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void guess(ClusterSecret wrong) throws IOException {
        try (SocketChannel guessing = stranger()) {
            byte[] hello = Handshake.hello(ConnectionKind.SHARDS, CLUSTER);
            guessing.write(ByteBuffer.wrap(hello));
            ByteBuffer challenge = ByteBuffer.allocate(Handshake.CHALLENGE_LENGTH);
            while (challenge.hasRemaining()) {
                assertThat(guessing.read(challenge)).isPositive();
            }
            guessing.write(ByteBuffer.wrap(
                    Handshake.clientProof(wrong, hello, challenge.array())));
        }
    }

    @Test
    void refusesOtherVersionsClustersAndNonsense() throws Exception {
        byte[] hello = Handshake.hello(ConnectionKind.SESSION, CLUSTER);
        for (int bit = 0; bit < 24 * Byte.SIZE; bit++) {
            if (bit / Byte.SIZE == 6) {
                continue; // another kind may be as good
            }
            byte[] flipped = hello.clone();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            try (SocketChannel stranger = stranger()) {
                stranger.write(ByteBuffer.wrap(flipped));
                ByteBuffer answer = ByteBuffer.allocate(100);
                while (stranger.read(answer) >= 0) {
                    // Until it is closed.
                }
                assertThat(answer.position()).isEqualTo(Handshake.CHALLENGE_LENGTH);
                assertThat(Handshake.refusal(answer.array())).isNotEqualTo(
                        Handshake.Refusal.NONE);
            }
        }
        assertThatThrownBy(() -> SecretSocket.open(
                "red", gateway.address(), secret, ConnectionKind.CONTROL, SOON))
                .hasMessageStartingWith("node service is of another cluster: cluster=red");
    }

    @Test
    void refusesConnectionsBeyondItsLimit() throws Exception {
        List<SocketChannel> open = new ArrayList<>();
        for (int index = 0; index < 40; index++) {
            open.add(connect(ConnectionKind.SHARDS));
        }
        assertThatThrownBy(() -> connect(ConnectionKind.SHARDS))
                .hasMessageStartingWith("node service has too many connections");
        open.removeFirst().close();
        until(() -> gateway.figures().open() == 39);
        open.add(connect(ConnectionKind.SHARDS));
        for (SocketChannel each : open) {
            each.close();
        }
    }

    @Test
    void endsAConnectionThatSaysNonsense() throws Exception {
        for (ConnectionKind kind : ConnectionKind.values()) {
            try (SocketChannel peer = connect(kind)) {
                byte[] nonsense = new byte[200];
                Arrays.fill(nonsense, (byte) 0x7e);
                peer.write(ByteBuffer.wrap(nonsense));
                assertThat(peer.read(ByteBuffer.allocate(1))).as(kind.name()).isEqualTo(-1);
            }
        }
        assertThat(gateway.figures().malformed()).isEqualTo(3);
        until(() -> gateway.figures().open() == 0);
    }

    private static void until(BooleanSupplier condition) {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - endNs).isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
