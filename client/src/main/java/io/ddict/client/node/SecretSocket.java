package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.NodeAddress;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/** Opens connections to node services of other machines, behind the cluster's secret. */
public final class SecretSocket {
    private SecretSocket() {}

    /**
     * Connects, and has both ends prove that they know the secret. The socket is in blocking mode, and an
     * interrupt of a thread that uses it ends it.
     *
     * @param timeout of all of it; an end that says nothing is given up then
     * @throws DDictException with status UNAVAILABLE if nobody listens, or one of the two refuses the other
     */
    public static SocketChannel open(
            String cluster, NodeAddress address, ClusterSecret secret, ConnectionKind kind,
            Duration timeout) {
        long endNs = System.nanoTime() + timeout.toNanos();
        try {
            SocketChannel channel = SocketChannel.open();
            boolean opened = false;
            try {
                prepare(channel);
                InetSocketAddress target = new InetSocketAddress(address.host(), address.port());
                channel.socket().connect(target, leftMs(endNs));
                shakeHands(channel, cluster, address, secret, kind, endNs);
                opened = true;
                return channel;
            } finally {
                if (!opened) {
                    channel.close();
                }
            }
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
            SocketChannel channel, String cluster, NodeAddress address, ClusterSecret secret,
            ConnectionKind kind, long endNs)
            throws IOException {
        byte[] hello = Handshake.hello(kind, cluster);
        write(channel, hello);
        byte[] challenge = read(channel.socket(), Handshake.CHALLENGE_LENGTH, endNs);
        require(Handshake.refusal(challenge), cluster, address);
        write(channel, Handshake.clientProof(secret, hello, challenge));
        byte[] verdict = read(channel.socket(), Handshake.VERDICT_LENGTH, endNs);
        require(Handshake.refusal(secret, hello, challenge, verdict), cluster, address);
        channel.socket().setSoTimeout(0);
    }

    private static void require(Refusal refusal, String cluster, NodeAddress address) {
        if (refusal != Refusal.NONE) {
            throw new DDictException(
                    UNAVAILABLE,
                    refusal.phrase() + ": cluster=" + cluster + ", address=" + address + "; "
                            + refusal.advice());
        }
    }

    private static void write(SocketChannel channel, byte[] message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(message);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    // By the socket's stream, as that alone knows a timeout.
    private static byte[] read(Socket socket, int length, long endNs) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] message = new byte[length];
        for (int filled = 0; filled < length;) {
            socket.setSoTimeout(leftMs(endNs));
            int count = in.read(message, filled, length - filled);
            if (count < 0) {
                throw new EOFException("closed while the secret was being checked");
            }
            filled += count;
        }
        return message;
    }

    // At least 1: 0 would stand for no limit.
    private static int leftMs(long endNs) {
        return Math.clamp((endNs - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
    }
}
