package io.ddict.manager.launch.ranks;

import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/*
 * PMI_FD names a descriptor that is connected to the process manager when a rank starts. Java cannot hand
 * one over, so bash stands in front of each rank, as setsid and setpriv do: it connects, says which rank
 * it is by a secret, and becomes the rank.
 *
 * Every user of the machine may connect to a port of the loopback address. The secret, 128 bits that are
 * good for one connection, is in the environment of bash, which other users cannot read. Whoever does
 * not know one is let go after a line or some seconds, and there is room for so many of them only.
 *
 * One thread does everything; others put tasks for it into a queue.
 */

/** Serves this node's ranks of one job, by a thread and a port of its own. Safe from any thread. */
public final class RankServer implements AutoCloseable {
    /** Ranks of a job at most. */
    public static final int RANKS_MAX = 1024;

    /** How long a connection may take to say which rank it is. */
    static final Duration NAME_PATIENCE = Duration.ofSeconds(10);

    /** Connections beyond one for each rank that have not said which they are. */
    static final int UNNAMED_MAX = 64;

    private static final int SECRET_LENGTH = 16;
    private static final long LOOK_MS = 200;
    private static final long TAKEN_MS = 1_000;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final String PORT = "DDICT_RANK_PORT";
    private static final String SECRET = "DDICT_RANK_SECRET";
    private static final int DESCRIPTOR = 9;
    private static final String SCRIPT = "exec " + DESCRIPTOR + "<>\"/dev/tcp/127.0.0.1/$" + PORT
            + "\" && printf '%s\\n' \"$" + SECRET + "\" >&" + DESCRIPTOR + " && unset " + PORT
            + " " + SECRET + " && exec \"$@\"";

    private final RanksOrder order;
    private final List<Integer> here;
    private final Map<Integer, String> secrets;
    private final RankJob job;
    private final Selector selector;
    private final ServerSocketChannel server;
    private final int port;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Set<RankConnection> unnamed = new LinkedHashSet<>();
    private volatile boolean closed;

    private RankServer(
            RanksOrder order, RankListener listener, Selector selector,
            ServerSocketChannel server) throws IOException {
        this.order = order;
        this.here = order.here();
        this.secrets = secrets(here);
        this.job = new RankJob(order, secrets, listener);
        this.selector = selector;
        this.server = server;
        server.bind(
                new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), 0),
                here.size() + UNNAMED_MAX);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        this.port = server.socket().getLocalPort();
        this.thread = Thread.ofPlatform().daemon().name("ddict-ranks-" + port).unstarted(this::run);
    }

    /**
     * Starts a server.
     *
     * @throws IllegalArgumentException if there are no ranks, or too many
     */
    public static RankServer start(RanksOrder order, RankListener listener)
            throws IOException {
        if (order.count() == 0 || order.count() > RANKS_MAX) {
            throw new IllegalArgumentException(
                    "number of ranks is not in 1.." + RANKS_MAX + ": ranks=" + order.count());
        }
        Selector selector = Selector.open();
        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open(StandardProtocolFamily.INET);
            RankServer made = new RankServer(order, listener, selector, channel);
            made.thread.start();
            return made;
        } catch (IOException | RuntimeException e) {
            selector.close();
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    private static Map<Integer, String> secrets(List<Integer> ranks) {
        SecureRandom random = new SecureRandom();
        Map<Integer, String> secrets = new HashMap<>();
        for (int rank : ranks) {
            byte[] secret = new byte[SECRET_LENGTH];
            random.nextBytes(secret);
            secrets.put(rank, HexFormat.of().formatHex(secret));
        }
        return Map.copyOf(secrets);
    }

    /** The variables that a rank is to have that is here. */
    public Map<String, String> environment(int rank) {
        return Map.of(
                "PMI_FD", Integer.toString(DESCRIPTOR),
                "PMI_RANK", Integer.toString(rank),
                "PMI_SIZE", Integer.toString(order.count()),
                "PMI_SPAWNED", "0",
                "MPI_LOCALRANKID", Integer.toString(here.indexOf(rank)),
                "MPI_LOCALNRANKS", Integer.toString(here.size()),
                PORT, Integer.toString(port),
                SECRET, Objects.requireNonNull(secrets.get(rank)));
    }

    /** Whether a variable would tell a rank of another job, in which the one that starts it is. */
    public static boolean isForeign(String variable) {
        return variable.startsWith("PMI_") || variable.startsWith("PMIX_");
    }

    /** What stands in front of a rank's command. */
    public static List<String> prefix(String bash) {
        // Privileged: it runs no start file.
        return List.of(bash, "-p", "-c", SCRIPT, "ddict-rank");
    }

    /** A rank's process has ended. Waits until the listener was told what comes of that. */
    public void ended(int rank, int exitCode) {
        CountDownLatch taken = new CountDownLatch(1);
        tasks.add(() -> {
            RankConnection connection = job.connection(rank);
            if (connection != null) {
                read(connection);
            }
            job.ended(rank, exitCode);
            taken.countDown();
        });
        selector.wakeup();
        try {
            boolean _ = taken.await(TAKEN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the ranks on other nodes have come to. */
    public void tell(RanksNews elsewhere) {
        tasks.add(() -> job.tell(elsewhere));
        selector.wakeup();
    }

    /** Ends it, and all connections; may be called twice. Does not wait. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }

    private void run() {
        try {
            while (!closed) {
                boolean looks = !unnamed.isEmpty() || job.awaitsEnds();
                int _ = selector.select(this::ready, looks ? LOOK_MS : 0);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                long nowNs = System.nanoTime();
                job.look(nowNs);
                unnamed.removeIf(each -> endIfLate(each, nowNs));
            }
        } catch (IOException | RuntimeException | Error e) {
            job.failed(e);
        } finally {
            release();
        }
    }

    private void release() {
        selector.keys().forEach(RankServer::closeQuietly);
        try {
            selector.close();
        } catch (IOException e) {
            // Nothing is left to be selected.
        }
    }

    private static void closeQuietly(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException e) {
            // Closed all the same.
        }
    }

    private void ready(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.attachment() instanceof RankConnection connection) {
            read(connection);
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            for (SocketChannel socket = server.accept(); socket != null; socket =
                    server.accept()) {
                if (unnamed.size() >= here.size() + UNNAMED_MAX) {
                    RankConnection oldest = unnamed.iterator().next();
                    oldest.close();
                    unnamed.remove(oldest);
                }
                add(socket);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void add(SocketChannel socket) throws IOException {
        try {
            RankConnection connection = new RankConnection(socket, System.nanoTime());
            var _ = socket.register(selector, SelectionKey.OP_READ, connection);
            unnamed.add(connection);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void read(RankConnection connection) {
        try {
            if (!connection.read(job::take)) {
                connection.close();
                job.disconnected(connection);
            }
        } catch (PmiException e) {
            job.violated(connection, e);
        }
        if (connection.rank() != RankConnection.UNNAMED || !connection.channel().isOpen()) {
            unnamed.remove(connection);
        }
    }

    private static boolean endIfLate(RankConnection connection, long nowNs) {
        boolean isLate = nowNs - connection.openedNs() > NAME_PATIENCE.toNanos();
        if (isLate) {
            connection.close();
        }
        return isLate;
    }
}
