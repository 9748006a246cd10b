package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.events.Recordings;
import io.ddict.client.events.SlowCallEvent;
import io.ddict.client.protocol.CallFailure;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Push;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.wire.Wire;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * One session socket per process and node service. The service frees what this process held when it sees
 * the socket's end, and this process learns by it that the service is gone.
 *
 * A frame with a negative number is a push, and goes to the listener of its kind.
 *
 * A service on another machine is reached by TCP, and its gateway hands the same frames to the same kind of
 * session. What differs: the end of a machine is no end of file, so both ends send beats (Heartbeats).
 */

/** A session with a node service. Safe from any thread. */
public final class NodeConnection implements AutoCloseable {
    /** Longest time that connecting to another machine takes. */
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    // By text: the first hash of a record takes 15 ms, a sixth of a process's start.
    private static final Map<String, NodeConnection> SHARED = new ConcurrentHashMap<>();

    private final String cluster;
    private final @Nullable NodeAddress address;
    private final Map<Push, PushListener> listeners = new ConcurrentHashMap<>();
    private final FrameCalls calls;
    private final long processId;
    private volatile boolean closed;

    private NodeConnection(
            String cluster, @Nullable NodeAddress address, ByteChannel socket) {
        this.cluster = cluster;
        this.address = address;
        this.calls = new FrameCalls(cluster, socket, address != null, new Pushes(listeners));
        calls.start();
        this.processId = hello();
    }

    /**
     * Connects to the running service of a cluster of this user.
     *
     * @throws DDictException with status UNAVAILABLE if none runs
     */
    public static NodeConnection connect(String cluster) {
        Path path = RuntimeDirectory.ofCluster(cluster).resolve(RuntimeDirectory.SOCKET);
        try {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                socket.connect(UnixDomainSocketAddress.of(path));
                return new NodeConnection(cluster, null, socket);
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        } catch (IOException e) {
            throw new DDictException(
                    UNAVAILABLE,
                    "no node service runs for this cluster: cluster=" + cluster + ", socket="
                            + path,
                    e);
        }
    }

    /**
     * Connects to the service of a cluster on another machine, within {@link #CONNECT_TIMEOUT}.
     *
     * @throws DDictException with status UNAVAILABLE if none listens there, or one that does not accept
     *     the secret
     */
    public static NodeConnection connect(
            String cluster, NodeAddress address, ClusterSecret secret) {
        Wire socket =
                SecretSocket.open(
                        cluster, address, secret, ConnectionKind.SESSION, CONNECT_TIMEOUT);
        try {
            return new NodeConnection(cluster, address, socket);
        } catch (RuntimeException | Error e) {
            closeQuietly(socket);
            throw e;
        }
    }

    /**
     * A session over the streams of a process that serves one by its standard input and output.
     *
     * @param in what the process writes
     * @param out what it reads; ends when the connection is closed
     * @throws DDictException if none answers
     */
    public static NodeConnection over(String cluster, InputStream in, OutputStream out) {
        return new NodeConnection(cluster, null, new PipeChannel(in, out));
    }

    private static void closeQuietly(Wire socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is given up in any case.
        }
    }

    /** This process's own connection to a cluster: made on first use, again if it was lost. */
    public static NodeConnection shared(String cluster) {
        return shared(cluster, () -> connect(cluster));
    }

    /** This process's own connection to a service on another machine, as the other. */
    public static NodeConnection shared(
            String cluster, NodeAddress address, ClusterSecret secret) {
        // No cluster's name has a line break.
        return shared(cluster + "\n" + address, () -> connect(cluster, address, secret));
    }

    private static NodeConnection shared(String target, Supplier<NodeConnection> connected) {
        return SHARED.compute(
                target,
                (_, known) -> known == null || known.isLost() ? connected.get() : known);
    }

    /** Where the service listens if it was connected to as one of another machine; else null. */
    public @Nullable NodeAddress address() {
        return address;
    }

    /** Name of the cluster. */
    public String cluster() {
        return cluster;
    }

    /** Process id of the service. */
    public long processId() {
        return processId;
    }

    /** Whether the service has ended; one plain-speed read. */
    public boolean isLost() {
        return calls.isLost();
    }

    /** Whether this process has closed it. */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @throws ManagerLostException if the service has ended or ends meanwhile
     * @throws DDictTimeoutException if it does not answer within 20 s
     * @throws DDictException with what the service said, if it refused
     */
    public DataInputStream call(Request request, Frames.Writer fields) {
        return call(request, TIMEOUT, fields);
    }

    /**
     * As the other, with a timeout of its own.
     *
     * @throws DDictTimeoutException if it does not answer in time; what it was asked for goes on
     */
    public DataInputStream call(Request request, Duration timeout, Frames.Writer fields) {
        SlowCallEvent slow = Recordings.slowCall();
        try {
            return checked(calls.call(request, request(request, fields), timeout));
        } catch (IOException | FrameCalls.LostException e) {
            throw lostError();
        } catch (TimeoutException e) {
            throw new DDictTimeoutException(
                    "node service did not answer: request="
                            + request
                            + ", timeout="
                            + timeout.toMillis()
                            + "ms, cluster="
                            + cluster);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictTimeoutException("interrupted: request=" + request);
        } finally {
            if (slow != null) {
                slow.end("the node service did not answer: request=" + request, cluster, -1);
            }
        }
    }

    private static Frames.Writer request(Request request, Frames.Writer fields) {
        return out -> {
            out.writeByte(request.ordinal());
            fields.write(out);
        };
    }

    /**
     * Registers who hears pushes of a kind, in place of an earlier one.
     *
     * @throws ManagerLostException if the service has ended; the listener may have been told, too
     */
    public void listen(Push push, PushListener listener) {
        listeners.put(push, listener);
        if (isLost()) {
            throw lostError();
        }
    }

    /** Sends a request whose answer nobody wants; silent if the service has ended. */
    public void tell(Request request, Frames.Writer fields) {
        calls.tell(request, request(request, fields));
    }

    /** Waits until the service has ended, at most 20 s. */
    public void awaitEnd() {
        calls.awaitEnd(TIMEOUT);
    }

    @Override
    public void close() {
        closed = true;
        try {
            calls.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private long hello() {
        try (DataInputStream answer =
                call(Request.HELLO, out -> out.writeInt(Request.VERSION))) {
            return answer.readLong();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static DataInputStream checked(DataInputStream answer) throws IOException {
        int status = answer.readByte();
        if (status == 0) {
            return answer;
        }
        String message = Fields.readText(answer);
        if (status > DDictException.Status.values().length) {
            throw new IllegalArgumentException(message);
        }
        throw CallFailure.of(DDictException.Status.values()[status - 1], message);
    }

    private ManagerLostException lostError() {
        String where = cluster + (address == null ? "" : ", address=" + address);
        return new ManagerLostException(
                calls.fellSilent()
                        ? "node service does not answer any more: cluster=" + where
                        : "node service ended: cluster=" + where);
    }

    /** Hands pushes to the listeners of their kinds. */
    private record Pushes(Map<Push, PushListener> listeners) implements FrameCalls.Listener {
        @Override
        public void onPush(DataInputStream frame) throws IOException {
            Push push = Push.of(frame.readByte());
            PushListener listener = listeners.get(push);
            if (listener != null) {
                listener.onPush(push, frame);
            }
        }

        @Override
        public void onLost() {
            Set.copyOf(listeners.values()).forEach(PushListener::onLost);
        }
    }
}
