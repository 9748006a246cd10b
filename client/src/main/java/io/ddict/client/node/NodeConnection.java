package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.CheckpointRetiredException;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.FrozenException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.PersistedCheckpointUnavailableException;
import io.ddict.client.events.Recordings;
import io.ddict.client.events.SlowCallEvent;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Push;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * One session socket per process and node service. A daemon thread reads it: answers go to whoever
 * waits, and the end of file is how this process learns that the service is gone. The service in
 * turn frees what this process held when it sees the end of file.
 *
 * Another daemon thread writes it. Callers do not, because a thread that is interrupted while it
 * writes to a channel closes it, and with it the session of the whole process.
 *
 * A frame with a negative number answers nothing: it is a push, and goes to the listener of its kind.
 */

/** A session with a node service. Safe from any thread. */
public final class NodeConnection implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final ByteBuffer END = ByteBuffer.allocate(0);
    private static final Map<String, NodeConnection> SHARED = new ConcurrentHashMap<>();

    private final String cluster;
    private final Frames frames;
    private final Map<Integer, CompletableFuture<DataInputStream>> waiting =
            new ConcurrentHashMap<>();
    private final Map<Push, PushListener> listeners = new ConcurrentHashMap<>();
    private final AtomicInteger nextRequest = new AtomicInteger();
    private final BlockingQueue<ByteBuffer> outgoing = new LinkedBlockingQueue<>();
    private final Thread receiver;
    private final long processId;
    private volatile boolean lost;
    private volatile boolean closed;

    private NodeConnection(String cluster, SocketChannel socket) {
        this.cluster = cluster;
        this.frames = new Frames(socket);
        Thread.ofPlatform().daemon().name("ddict-requests-" + cluster).start(this::send);
        this.receiver =
                Thread.ofPlatform()
                        .daemon()
                        .name("ddict-session-" + cluster)
                        .start(this::receive);
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
                return new NodeConnection(cluster, socket);
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

    /** This process's own connection to a cluster: made on first use, again if it was lost. */
    public static NodeConnection shared(String cluster) {
        return SHARED.compute(
                cluster,
                (name, known) -> known == null || known.isLost() ? connect(name) : known);
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
        return lost;
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
        int number = nextNumber();
        SlowCallEvent slow = Recordings.slowCall();
        CompletableFuture<DataInputStream> answer = new CompletableFuture<>();
        waiting.put(number, answer);
        try {
            if (lost) {
                throw lostError();
            }
            outgoing.add(frame(number, request, fields));
            return checked(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (IOException | ExecutionException e) {
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
            waiting.remove(number);
            if (slow != null) {
                slow.end("the node service did not answer: request=" + request, cluster, -1);
            }
        }
    }

    /**
     * Registers who hears pushes of a kind, in place of an earlier one.
     *
     * @throws ManagerLostException if the service has ended; the listener may have been told, too
     */
    public void listen(Push push, PushListener listener) {
        listeners.put(push, listener);
        if (lost) {
            throw lostError();
        }
    }

    /** Sends a request whose answer nobody wants; silent if the service has ended. */
    public void tell(Request request, Frames.Writer fields) {
        if (!lost) {
            outgoing.add(frame(nextNumber(), request, fields));
        }
    }

    // Negative ones are pushes.
    private int nextNumber() {
        return nextRequest.getAndIncrement() & Integer.MAX_VALUE;
    }

    /** Waits until the service has ended, at most 20 s. */
    public void awaitEnd() {
        try {
            receiver.join(TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            frames.close();
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

    private static ByteBuffer frame(int number, Request request, Frames.Writer fields) {
        try {
            return Frames.frame(out -> {
                out.writeInt(number);
                out.writeByte(request.ordinal());
                fields.write(out);
            });
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "request cannot be encoded: request=" + request + ", cause=" + e.getMessage(),
                    e);
        }
    }

    private void send() {
        try {
            for (ByteBuffer frame = outgoing.take(); frame.hasRemaining(); frame =
                    outgoing.take()) {
                frames.send(frame);
            }
        } catch (IOException | InterruptedException e) {
            // The service has ended, which the receiver tells.
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
        DDictException.Status failure = DDictException.Status.values()[status - 1];
        throw switch (failure) {
            case FULL -> new DDictFullException(message);
            case TIMEOUT -> new DDictTimeoutException(message);
            case MANAGER_LOST -> new ManagerLostException(message);
            case FROZEN -> new FrozenException(message);
            case DESTROYED -> new DestroyedException(message);
            case RETIRED -> new CheckpointRetiredException(message);
            case NOT_PERSISTED -> new PersistedCheckpointUnavailableException(message);
            default -> new DDictException(failure, message);
        };
    }

    private void receive() {
        try {
            for (DataInputStream frame = frames.receive(); frame != null; frame =
                    frames.receive()) {
                int number = frame.readInt();
                if (number < 0) {
                    push(frame);
                } else {
                    answer(number, frame);
                }
            }
        } catch (IOException e) {
            // The end of a session, by whatever name the socket calls it.
        } finally {
            lost = true;
            outgoing.add(END);
            waiting.values().forEach(each -> each.completeExceptionally(lostError()));
            Set.copyOf(listeners.values()).forEach(PushListener::onLost);
        }
    }

    private void answer(int number, DataInputStream frame) {
        CompletableFuture<DataInputStream> answer = waiting.get(number);
        if (answer != null) {
            answer.complete(frame);
        }
    }

    private void push(DataInputStream frame) throws IOException {
        Push push = Push.of(frame.readByte());
        PushListener listener = listeners.get(push);
        if (listener != null) {
            listener.onPush(push, frame);
        }
    }

    private ManagerLostException lostError() {
        return new ManagerLostException("node service ended: cluster=" + cluster);
    }
}
