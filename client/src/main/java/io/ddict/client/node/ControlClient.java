package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.node.FrameCalls.LostException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.wire.Wire;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Asks the control service of one node service, by one connection that is made on first use, and again
 * after it was lost. Safe from any thread; calls of several threads go side by side.
 */
public final class ControlClient implements AutoCloseable {
    /** Most bytes of a request, and of a reply. */
    public static final int LENGTH_MAX = Frames.LENGTH_MAX - 64;

    private final String cluster;
    private final NodeAddress address;
    private final ClusterSecret secret;
    private final ReentrantLock connecting = new ReentrantLock();
    private volatile @Nullable FrameCalls calls;
    // Of the last attempt, if it failed; guarded by the lock.
    private @Nullable DDictException failure;
    private long failedNs;
    private volatile boolean closed;

    /** Connects to nothing yet. */
    public ControlClient(String cluster, NodeAddress address, ClusterSecret secret) {
        this.cluster = cluster;
        this.address = address;
        this.secret = secret;
    }

    /** Whom it asks. */
    public NodeAddress address() {
        return address;
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @param request at most {@link #LENGTH_MAX} bytes
     * @throws DDictException with status UNAVAILABLE if nobody could be asked, and nothing happened; with
     *     its text if the service failed to handle the request
     * @throws ManagerLostException if the connection was lost while the reply was awaited; whether the
     *     request was handled is not known
     * @throws DDictTimeoutException if no reply came in time; as above
     */
    public byte[] call(byte[] request, Duration timeout) {
        if (request.length > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "request too long: length=" + request.length + "B, lengthMax=" + LENGTH_MAX
                            + "B");
        }
        long endNs = System.nanoTime() + timeout.toNanos();
        FrameCalls connection = connection(timeout);
        try {
            Duration left = Duration.ofNanos(Math.max(0, endNs - System.nanoTime()));
            return reply(connection.call("control", out -> out.write(request), left));
        } catch (LostException e) {
            throw new ManagerLostException(
                    "node service was lost before it replied: cluster=" + cluster + ", address="
                            + address + "; whether it handled the request is not known");
        } catch (TimeoutException e) {
            throw new DDictTimeoutException(
                    "node service did not reply: cluster=" + cluster + ", address=" + address
                            + ", timeout=" + timeout.toMillis() + "ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictTimeoutException("interrupted: address=" + address);
        }
    }

    private byte[] reply(DataInputStream answer) {
        try (answer) {
            if (answer.readByte() == 0) {
                return answer.readAllBytes();
            }
            throw new DDictException(
                    UNAVAILABLE,
                    "node service failed to handle the request: cluster=" + cluster + ", address="
                            + address + ", cause=" + text(answer));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(DataInputStream answer) throws IOException {
        return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
    }

    private FrameCalls connection(Duration timeout) {
        FrameCalls known = calls;
        return known != null && !known.isLost() ? known : connect(timeout);
    }

    // Who waits while another tries in vain does not try, too: with many who wait, nobody would get to try in
    // his time, nor for long after the other end can be reached again.
    private FrameCalls connect(Duration timeout) {
        long startNs = System.nanoTime();
        lock(timeout);
        try {
            FrameCalls known = calls;
            if (known != null && !known.isLost()) {
                return known;
            }
            if (closed) {
                throw new IllegalStateException("control client is closed: address=" + address);
            }
            if (failure != null && failedNs - startNs > 0) {
                throw new DDictException(UNAVAILABLE, String.valueOf(failure.getMessage()),
                        failure);
            }
            return connectNow(timeout.minusNanos(System.nanoTime() - startNs));
        } finally {
            connecting.unlock();
        }
    }

    private void lock(Duration timeout) {
        try {
            if (!connecting.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new DDictException(
                        UNAVAILABLE,
                        "node service cannot be reached: cluster=" + cluster + ", address="
                                + address + ", timeout=" + timeout.toMillis()
                                + "ms; another thread is still trying");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictException(UNAVAILABLE, "interrupted: address=" + address, e);
        }
    }

    private FrameCalls connectNow(Duration timeout) {
        Duration limit = NodeConnection.CONNECT_TIMEOUT.compareTo(timeout) < 0
                ? NodeConnection.CONNECT_TIMEOUT
                : timeout;
        try {
            Wire socket =
                    SecretSocket.open(cluster, address, secret, ConnectionKind.CONTROL, limit);
            FrameCalls made = new FrameCalls("control-" + address, socket, true, new Nothing());
            made.start();
            calls = made;
            failure = null;
            return made;
        } catch (DDictException e) {
            failure = e;
            failedNs = System.nanoTime();
            throw e;
        }
    }

    /** Ends the connection; calls that wait fail. */
    @Override
    public void close() {
        connecting.lock();
        try {
            closeLocked();
        } finally {
            connecting.unlock();
        }
    }

    private void closeLocked() {
        closed = true;
        FrameCalls known = calls;
        if (known != null) {
            try {
                known.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** There are no pushes, and who waits hears of the end by his call. */
    private static final class Nothing implements FrameCalls.Listener {
        @Override
        public void onPush(DataInputStream frame) {}

        @Override
        public void onLost() {}
    }
}
