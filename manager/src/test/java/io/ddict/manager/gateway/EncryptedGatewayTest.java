package io.ddict.manager.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictException;
import io.ddict.client.node.ControlClient;
import io.ddict.client.node.SecretSocket;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.Wire;
import io.ddict.manager.gateway.TestCertificates.Issued;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A gateway that takes encrypted connections only, one that takes none, and who they refuse. */
@Timeout(60)
class EncryptedGatewayTest {
    private static final String CLUSTER = "blue";
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final List<String> PROPERTIES = List.of(
            "ddict.tls.trust", "ddict.tls.certificate", "ddict.tls.key", "ddict.tls.mutual",
            "ddict.tls.any.host", "ddict.directory");

    @TempDir
    private Path directory;

    private final ClusterSecret secret = ClusterSecret.draw();
    private TestCertificates certificates;
    private ServerSocketChannel sessions;
    private @Nullable Gateway gateway;

    @BeforeEach
    void prepare() throws IOException {
        System.setProperty("ddict.directory", directory.toString());
        certificates = new TestCertificates(directory);
        sessions = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        sessions.bind(UnixDomainSocketAddress.of(directory.resolve("socket")));
    }

    @AfterEach
    void close() throws IOException {
        PROPERTIES.forEach(System::clearProperty);
        if (gateway != null) {
            gateway.close();
        }
        sessions.close();
    }

    private Gateway start(@Nullable TlsSettings tls) throws IOException {
        gateway = Gateway.start(new GatewaySettings(
                CLUSTER, secret, new NodeAddress("127.0.0.1", 0), directory.resolve("socket"),
                (dictionary, manager, isGone) -> {
                    throw new IOException("no shards here");
                }, 40, tls));
        gateway.control(request -> request);
        return gateway;
    }

    private TlsSettings service(Issued issued, boolean mutual) {
        return new TlsSettings(
                certificates.trust(), issued.certificate(), issued.key(), mutual, false);
    }

    private void trust(Path file) {
        System.setProperty("ddict.tls.trust", file.toString());
    }

    private void present(Issued issued) {
        System.setProperty("ddict.tls.certificate", issued.certificate().toString());
        System.setProperty("ddict.tls.key", issued.key().toString());
    }

    private void connect() throws IOException {
        connect(new NodeAddress("127.0.0.1", address().port()));
    }

    private void connect(NodeAddress address) throws IOException {
        SecretSocket.open(CLUSTER, address, secret, ConnectionKind.CONTROL, SOON).close();
    }

    private NodeAddress address() {
        assertThat(gateway).isNotNull();
        return gateway.address();
    }

    private void assertRefused(String text) {
        long startNs = System.nanoTime();
        assertThatThrownBy(this::connect)
                .isInstanceOf(DDictException.class)
                .hasMessageStartingWith(
                        text + ": cluster=blue, address=127.0.0.1:" + address().port());
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(SOON);
    }

    @ParameterizedTest
    @EnumSource(names = {"ecp256", "ecp384", "rsa2048", "ed25519"})
    void speaksWithWhoTrustsIt(Algorithm algorithm) throws IOException {
        start(service(certificates.forLoopback(algorithm), false));
        trust(certificates.trust());
        try (ControlClient client = new ControlClient(CLUSTER, address(), secret)) {
            for (int length : new int[]{0, 1, 16_384, 16_385, 100_000, ControlClient.LENGTH_MAX}) {
                byte[] request = new byte[length];
                new SecureRandom().nextBytes(request);
                assertThat(client.call(request, SOON)).isEqualTo(request);
            }
        }
        connect(new NodeAddress("localhost", address().port()));
    }

    @Test
    void speaksNothingButTheNewestTls() throws Exception {
        start(service(certificates.forLoopback(), false));
        trust(certificates.trust());
        try (Wire wire = SecretSocket.open(
                CLUSTER, address(), secret, ConnectionKind.CONTROL, SOON)) {
            assertThat(wire.toString()).contains("TLSv1.3");
        }
        SSLEngine old = SSLContext.getDefault().createSSLEngine();
        old.setUseClientMode(true);
        old.setEnabledProtocols(new String[]{"TLSv1.2"});
        ByteBuffer hello = ByteBuffer.allocate(old.getSession().getPacketBufferSize());
        assertThat(old.wrap(ByteBuffer.allocate(0), hello).bytesProduced()).isPositive();
        try (SocketChannel stranger = stranger()) {
            stranger.write(hello.flip());
            ByteBuffer answer = ByteBuffer.allocate(1_000);
            while (stranger.read(answer) >= 0) {
                // Until it is closed.
            }
            // An alert that is fatal: protocol version.
            assertThat(answer.flip().get(0)).isEqualTo((byte) 21);
            assertThat(answer.get(6)).isEqualTo((byte) 70);
        }
    }

    private SocketChannel stranger() throws IOException {
        return SocketChannel
                .open(new InetSocketAddress(InetAddress.getLoopbackAddress(), address().port()));
    }

    @Test
    void isRefusedByWhoTrustsOthers() throws IOException {
        start(service(certificates.forLoopback(), false));
        trust(new TestCertificates(directory).trust());
        assertRefused("certificate of the node service is not trusted");
    }

    @Test
    void isRefusedWhenItsCertificateHasExpired() throws IOException {
        start(service(certificates.expired(), false));
        trust(certificates.trust());
        assertRefused("certificate of the node service is not trusted");
        assertThatThrownBy(this::connect).hasMessageContaining("validity check failed");
    }

    @Test
    void isRefusedWhenItsCertificateIsForAnotherHost() throws IOException {
        start(service(certificates.forHost("elsewhere.example"), false));
        trust(certificates.trust());
        assertRefused("certificate of the node service is for another host");
        System.setProperty("ddict.tls.any.host", "true");
        connect();
        trust(new TestCertificates(directory).trust());
        assertRefused("certificate of the node service is not trusted");
    }

    @Test
    void wantsACertificateOfItsAuthorityIfItIsToldTo() throws IOException {
        start(service(certificates.forLoopback(), true));
        trust(certificates.trust());
        for (int round = 0; round < 20; round++) {
            assertRefused("node service does not accept the certificate of this process");
        }
        present(new TestCertificates(directory).forLoopback());
        assertRefused("node service does not accept the certificate of this process");
        present(certificates.expired());
        assertRefused("node service does not accept the certificate of this process");
        // A client may be anywhere.
        present(certificates.forHost("elsewhere.example"));
        connect();
        until(() -> gateway.figures().open() == 0);
        assertThat(gateway.figures().refused()).isEqualTo(22);
    }

    @Test
    void stillWantsTheSecret() throws IOException {
        start(service(certificates.forLoopback(), false));
        trust(certificates.trust());
        assertThatThrownBy(() -> SecretSocket.open(
                CLUSTER, address(), ClusterSecret.draw(), ConnectionKind.CONTROL, SOON))
                .hasMessageStartingWith("node service does not accept the secret");
        assertThatThrownBy(() -> SecretSocket.open(
                "red", address(), secret, ConnectionKind.CONTROL, SOON))
                .hasMessageStartingWith("node service is of another cluster: cluster=red");
    }

    @Test
    void tellsWhoDoesNotEncryptThatHeHasTo() throws IOException {
        start(service(certificates.forLoopback(), false));
        for (int round = 0; round < 20; round++) {
            assertRefused("node service takes encrypted connections only");
        }
        try (SocketChannel stranger = stranger()) {
            stranger.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(
                    StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(100);
            while (stranger.read(answer) >= 0) {
                // Until it is closed.
            }
            assertThat(Handshake.refusal(answer.array())).isEqualTo(Handshake.Refusal.TLS_ONLY);
        }
    }

    @Test
    void tellsWhoEncryptsThatItDoesNot() throws IOException {
        start(null);
        trust(certificates.trust());
        for (int round = 0; round < 20; round++) {
            assertRefused("node service does not speak TLS");
        }
        System.clearProperty("ddict.tls.trust");
        connect();
    }

    @Test
    void isToldApartFromSomethingElse() throws IOException {
        trust(certificates.trust());
        try (ServerSocketChannel other = ServerSocketChannel.open()) {
            other.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) other.getLocalAddress()).getPort();
            Thread.ofVirtual().start(() -> answer(other, "HTTP/1.1 400 Bad Request\r\n\r\n"));
            assertThatThrownBy(() -> connect(new NodeAddress("127.0.0.1", port)))
                    .hasMessageStartingWith("something else than a node service listens there");
            Thread.ofVirtual().start(() -> answer(other, ""));
            assertThatThrownBy(() -> connect(new NodeAddress("127.0.0.1", port)))
                    .hasMessageStartingWith("node service cannot be reached");
        }
    }

    private static void answer(ServerSocketChannel server, String text) {
        try (SocketChannel accepted = server.accept()) {
            accepted.read(ByteBuffer.allocate(10_000));
            accepted.write(ByteBuffer.wrap(
                    text.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void isGivenUpInTimeIfItSaysNothing() throws IOException {
        trust(certificates.trust());
        try (ServerSocketChannel silent = ServerSocketChannel.open()) {
            silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) silent.getLocalAddress()).getPort();
            long startNs = System.nanoTime();
            assertThatThrownBy(() -> SecretSocket.open(
                    CLUSTER, new NodeAddress("127.0.0.1", port), secret, ConnectionKind.CONTROL,
                    Duration.ofMillis(300)))
                    .hasMessageStartingWith("node service cannot be reached");
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isBetween(Duration.ofMillis(250), Duration.ofSeconds(3));
        }
    }

    @Test
    void closesWhoShakesHandsTooSlowly() throws Exception {
        start(service(certificates.forLoopback(), false));
        List<SocketChannel> silent = new ArrayList<>();
        for (int index = 0; index < 5; index++) {
            silent.add(stranger());
        }
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        assertThat(engine.wrap(ByteBuffer.allocate(0), hello).bytesProduced()).isPositive();
        hello.flip();
        SocketChannel slow = silent.getFirst();
        // The whole greeting at once, and then nothing.
        silent.get(1).write(hello.duplicate());
        long startNs = System.nanoTime();
        int sent = 0;
        try {
            while (sent < 100 && System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(20)) {
                slow.write(hello.slice(sent, 1));
                sent++;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            }
        } catch (IOException e) {
            // It was closed, which is looked at below.
        }
        assertThat(sent).isLessThan(30);
        for (SocketChannel each : silent.subList(1, silent.size())) {
            ByteBuffer answer = ByteBuffer.allocate(20_000);
            while (each.read(answer) >= 0) {
                // Until it is closed.
            }
        }
        assertThat(gateway.figures().unfinished()).isEqualTo(5);
        trust(certificates.trust());
        connect();
    }

    @Test
    void letsTheOldestStrangersGiveWay() throws Exception {
        start(service(certificates.forLoopback(), false));
        trust(certificates.trust());
        List<SocketChannel> silent = new ArrayList<>();
        for (int index = 0; index < Doorkeeper.HANDSHAKES_MAX + 50; index++) {
            silent.add(stranger());
            silent.getLast().write(ByteBuffer.wrap(new byte[]{0x16, 3}));
        }
        connect();
        assertThat(silent.getFirst().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        for (SocketChannel each : silent) {
            each.close();
        }
    }

    @Test
    void takesUpARenewedCertificate() throws IOException {
        Issued first = certificates.expired();
        start(service(first, false));
        trust(certificates.trust());
        assertRefused("certificate of the node service is not trusted");
        Issued next = certificates.forLoopback();
        Files.copy(next.certificate(), first.certificate(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(next.key(), first.key(), StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(first.key(), PosixFilePermissions.fromString("rw-------"));
        until(() -> {
            try {
                connect();
                return true;
            } catch (IOException | DDictException e) {
                return false;
            }
        });
    }

    @Test
    void takesWhatTheCommandsOfTheDocsMake() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "transports.md"));
        String commands = page.substring(page.indexOf("<!-- run: certificates -->"))
                .replaceFirst("(?s).*?```sh\\n(.*?)```.*", "$1");
        assertThat(commands).contains("openssl");
        Process made = new ProcessBuilder("sh", "-ec", commands)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(made.waitFor()).as(said).isZero();
        Path trust = directory.resolve("authority.pem");
        Issued issued =
                new Issued(directory.resolve("certificate.pem"), directory.resolve("key.pem"));
        start(new TlsSettings(trust, issued.certificate(), issued.key(), true, false));
        trust(trust);
        present(issued);
        connect();
        connect(new NodeAddress("localhost", address().port()));
    }

    private static void until(BooleanSupplier condition) {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - endNs).isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
