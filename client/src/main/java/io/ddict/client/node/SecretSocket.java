package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.TimedSocket;
import io.ddict.client.wire.TlsContext;
import io.ddict.client.wire.Wire;
import io.ddict.client.wire.WireRefusedException;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/*
 * If connections of the cluster are encrypted, the two ends shake hands by TLS first, and what is said about
 * the secret is encrypted already. There is no way back: who was told to encrypt says nothing to an end that
 * does not.
 */

/** Opens connections to node services of other machines, behind the cluster's secret. */
public final class SecretSocket {
    private SecretSocket() {}

    /**
     * Connects, and has both ends prove that they know the secret. The wire blocks, and an interrupt of a
     * thread that uses it ends it.
     *
     * @param timeout of all of it; an end that says nothing is given up then
     * @throws DDictException with status UNAVAILABLE if nobody listens, or one of the two refuses the other
     * @throws IllegalArgumentException if this process's settings of TLS make no sense
     */
    public static Wire open(
            String cluster, NodeAddress address, ClusterSecret secret, ConnectionKind kind,
            Duration timeout) {
        TlsContext tls = tls(cluster);
        long endNs = System.nanoTime() + timeout.toNanos();
        try {
            SocketChannel channel = SocketChannel.open();
            boolean opened = false;
            try {
                prepare(channel);
                InetSocketAddress target = new InetSocketAddress(address.host(), address.port());
                channel.socket().connect(target, leftMs(endNs));
                Wire wire;
                try (TimedSocket socket = new TimedSocket(channel, endNs)) {
                    wire = wire(socket, address, tls);
                    shakeHands(wire, socket, secret, Handshake.hello(kind, cluster));
                }
                opened = true;
                return wire;
            } finally {
                if (!opened) {
                    channel.close();
                }
            }
        } catch (WireRefusedException e) {
            throw refused(e, cluster, address);
        } catch (IOException e) {
            throw new DDictException(
                    UNAVAILABLE,
                    "node service cannot be reached: cluster=" + cluster + ", address=" + address
                            + ", timeout=" + timeout.toMillis() + "ms, cause=" + e
                            + "; check that it runs and listens there, and that no firewall is"
                            + " between",
                    e);
        }
    }

    private static @Nullable TlsContext tls(String cluster) {
        try {
            TlsSettings settings = TlsSettings.ofCluster(cluster);
            return settings == null ? null : TlsContext.of(settings);
        } catch (IOException e) {
            throw new DDictException(UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    private static Wire wire(TimedSocket socket, NodeAddress address, @Nullable TlsContext tls)
            throws IOException {
        return tls == null ? Wire.plain(socket.socket()) : Wire.encrypted(socket, address, tls);
    }

    private static DDictException refused(
            WireRefusedException why, String cluster, NodeAddress address) {
        Refusal refusal = why.refusal();
        return new DDictException(
                UNAVAILABLE,
                refusal.phrase() + ": cluster=" + cluster + ", address=" + address
                        + (why.detail() == null ? "" : ", cause=" + why.detail()) + "; "
                        + refusal.advice());
    }

    private static void prepare(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        int seconds = Math.max(1, (int) (Heartbeats.failureTimeout().toSeconds() / 3));
        setIfKnown(channel, ExtendedSocketOptions.TCP_KEEPIDLE, seconds);
        setIfKnown(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds);
        setIfKnown(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, 2);
    }

    private static void setIfKnown(
            SocketChannel channel, java.net.SocketOption<Integer> option, int value)
            throws IOException {
        if (channel.supportedOptions().contains(option)) {
            channel.setOption(option, value);
        }
    }

    private static void shakeHands(
            Wire wire, TimedSocket socket, ClusterSecret secret, byte[] hello)
            throws IOException {
        write(wire, socket, hello);
        byte[] challenge = read(wire, socket, Handshake.CHALLENGE_LENGTH);
        require(Handshake.refusal(challenge));
        write(wire, socket, Handshake.clientProof(secret, hello, challenge));
        byte[] verdict = read(wire, socket, Handshake.VERDICT_LENGTH);
        require(Handshake.refusal(secret, hello, challenge, verdict));
    }

    private static void require(Refusal refusal) throws WireRefusedException {
        if (refusal != Refusal.NONE) {
            throw new WireRefusedException(refusal);
        }
    }

    private static void write(Wire wire, TimedSocket socket, byte[] message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(message);
        try {
            while (bytes.hasRemaining() || wire.isBehind()) {
                if (wire.write(bytes) == 0 && (bytes.hasRemaining() || wire.isBehind())) {
                    socket.awaitWritable();
                }
            }
        } catch (SocketTimeoutException | ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            // Closed by the other end, which may have said why.
            int _ = wire.read(ByteBuffer.allocate(1));
            throw e;
        }
    }

    private static byte[] read(Wire wire, TimedSocket socket, int length) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(length);
        while (message.hasRemaining()) {
            int count = wire.read(message);
            if (count < 0) {
                throw new EOFException("closed while the secret was being checked");
            }
            if (count == 0) {
                socket.awaitReadable();
            }
        }
        return message.array();
    }

    // At least 1: 0 would stand for no limit.
    private static int leftMs(long endNs) {
        return Math.clamp((endNs - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
    }
}
