package io.ddict.client.channel.tcp;

import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.SecretSocket;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The shards of a node service on another machine, as far as this process uses them: all by one
 * connection, which is made on first use, and again after it was lost. Safe from any thread.
 */
public final class TcpNode implements AutoCloseable {
    private static final Map<Target, TcpNode> SHARED = new ConcurrentHashMap<>();

    private final Target target;
    private final ClusterSecret secret;
    private volatile @Nullable TcpConnection connection;
    // Whoever connects has it, and others wait for it no longer than their calls may take.
    private final ReentrantLock lock = new ReentrantLock();
    // Channels that use it; guarded by the lock.
    private int users;

    private TcpNode(Target target, ClusterSecret secret) {
        this.target = target;
        this.secret = secret;
    }

    /** The one for a node service, which all dictionaries of this process share; connects to nothing. */
    public static TcpNode shared(String cluster, NodeAddress address, ClusterSecret secret) {
        return SHARED.compute(
                new Target(cluster, address),
                (target, known) -> known != null && known.secret.equals(secret)
                        ? known
                        : new TcpNode(target, secret));
    }

    /** One that nobody else uses. */
    public static TcpNode own(String cluster, NodeAddress address, ClusterSecret secret) {
        return new TcpNode(new Target(cluster, address), secret);
    }

    /** Where the service listens. */
    public NodeAddress address() {
        return target.address();
    }

    /**
     * The connection as it is, or a new one if there is none. Blocks while others make one.
     *
     * @throws ManagerLostException if it cannot be made in time
     */
    TcpConnection connection(long timeoutNs) {
        TcpConnection known = connection;
        return known != null && !known.isLost() ? known : awaitConnection(timeoutNs);
    }

    private TcpConnection awaitConnection(long timeoutNs) {
        long startNs = System.nanoTime();
        if (!Locks.tryLock(lock, timeoutNs)) {
            throw new ManagerLostException(
                    "node service does not answer: other calls of this process try to connect: timeout="
                            + TimeUnit.NANOSECONDS.toMillis(timeoutNs) + "ms, " + this);
        }
        try {
            TcpConnection known = connection;
            return known != null && !known.isLost()
                    ? known
                    : connect(timeoutNs - (System.nanoTime() - startNs));
        } finally {
            lock.unlock();
        }
    }

    private TcpConnection connect(long timeoutNs) {
        Duration timeout = Duration.ofNanos(
                Math.clamp(timeoutNs, 1_000_000, NodeConnection.CONNECT_TIMEOUT.toNanos()));
        try {
            Wire socket =
                    SecretSocket.open(
                            target.cluster(), target.address(), secret, ConnectionKind.SHARDS,
                            timeout);
            TcpConnection made = new TcpConnection(socket);
            connection = made;
            return made;
        } catch (DDictException | IOException e) {
            throw new ManagerLostException(
                    "node service does not answer: " + e.getMessage());
        }
    }

    /** One more channel, or whoever else, uses it. */
    public void use() {
        lock.lock();
        try {
            users++;
        } finally {
            lock.unlock();
        }
    }

    /** One of them less does; the last one ends the connection. */
    public void release() {
        lock.lock();
        try {
            users--;
            if (users == 0) {
                end();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection, as the end of this process would; the next call makes another one. */
    @Override
    public void close() {
        lock.lock();
        try {
            end();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        TcpConnection known = connection;
        if (known != null) {
            connection = null;
            known.lose();
        }
    }

    @Override
    public String toString() {
        return "cluster=" + target.cluster() + ", address=" + target.address();
    }

    private record Target(String cluster, NodeAddress address) {}
}
