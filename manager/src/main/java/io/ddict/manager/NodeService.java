package io.ddict.manager;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.TlsContext;
import io.ddict.manager.allocation.ThisMachine;
import io.ddict.manager.classes.ClassStore;
import io.ddict.manager.cluster.ClusterState;
import io.ddict.manager.cluster.ControlMember;
import io.ddict.manager.cluster.Duties;
import io.ddict.manager.gateway.Gateway;
import io.ddict.manager.gateway.GatewaySettings;
import io.ddict.manager.launch.Launcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The service of one node: accepts sessions of clients, and holds the dictionaries. Everything it
 * made is gone after {@link #close}.
 */
public final class NodeService implements AutoCloseable {
    // Name of the control group's directory, which no dictionary can have.
    private static final String CONTROL = ".control";
    // The same of what other nodes send of programs' class paths.
    private static final String CLASSES = ".classes";

    private final String cluster;
    private final ClusterDirectory directory;
    private final ServerSocketChannel server;
    private final Launcher launcher;
    private final ClassStore classes;
    private final Nodes nodes;
    private final Dictionaries dictionaries;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean leaving;
    // Null in a service that does not listen, which loads nothing of it.
    private final @Nullable Gateway gateway;

    private NodeService(
            String cluster,
            String host,
            ClusterDirectory directory,
            ServerSocketChannel server,
            @Nullable Gateway gateway,
            Nodes nodes) {
        this.cluster = cluster;
        this.directory = directory;
        this.server = server;
        this.gateway = gateway;
        this.nodes = nodes;
        this.launcher = new Launcher(cluster, host);
        this.classes = new ClassStore(directory.path().resolve(CLASSES), launcher::isNamed);
        this.dictionaries = new Dictionaries(directory, cluster, nodes);
    }

    /**
     * Sweeps what dead clusters of this user left, and starts a service.
     *
     * @throws IOException if a cluster of this name runs, or its directory cannot be made
     */
    public static NodeService start(String cluster) throws IOException {
        return start(cluster, null);
    }

    /**
     * As the other, and listens for other machines. The address is published in the cluster's directory, as
     * is the secret unless {@code DDICT_SECRET_FILE} names another place for it. Connections are encrypted if
     * this process was told so; see {@link TlsSettings}.
     *
     * @param listen where; null not to listen
     * @throws IOException if that is not possible there, too
     */
    public static NodeService start(String cluster, @Nullable ListenOptions listen)
            throws IOException {
        ClusterDirectory directory = ClusterDirectory.create(cluster);
        Gateway gateway = null;
        ServerSocketChannel server = null;
        LocalShards shards = new LocalShards();
        try {
            Path path = directory.path().resolve(RuntimeDirectory.SOCKET);
            String host = ThisMachine.hostName();
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            Nodes nodes;
            if (listen == null) {
                nodes = new SingleNode(host);
            } else {
                ClusterSecret secret = secret(directory, cluster, listen.secret());
                TlsSettings tls = tls(directory);
                gateway = gateway(cluster, listen, secret, path, shards, tls);
                nodes = join(cluster, host, directory, gateway, secret, listen.join());
                directory.publish(gateway.address());
            }
            NodeService service =
                    new NodeService(cluster, host, directory, server, gateway, nodes);
            shards.serve(service.dictionaries);
            service.begin();
            return service;
        } catch (IOException | RuntimeException e) {
            undo(gateway, server, directory);
            throw e;
        }
    }

    // Also in a thread that was interrupted while it waited for others: files cannot be locked by one.
    private static void undo(
            @Nullable Gateway gateway,
            @Nullable ServerSocketChannel server,
            ClusterDirectory directory)
            throws IOException {
        boolean wasInterrupted = Thread.interrupted();
        try {
            if (gateway != null) {
                gateway.close();
            }
            if (server != null) {
                server.close();
            }
            directory.close();
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static ClusterSecret secret(
            ClusterDirectory directory, String cluster, @Nullable ClusterSecret given)
            throws IOException {
        if (given == null) {
            return ClusterSecret.ofClusterOrDrawn(cluster);
        }
        given.write(directory.path().resolve(RuntimeDirectory.SECRET));
        return given;
    }

    // Processes on this machine connect to the others by the same files, as they do by the same secret.
    private static @Nullable TlsSettings tls(ClusterDirectory directory) throws IOException {
        TlsSettings tls = TlsSettings.ofProcess();
        if (tls != null) {
            TlsContext _ = TlsContext.ofService(tls);
            tls.write(directory.path().resolve(RuntimeDirectory.TLS));
        }
        return tls;
    }

    private static Gateway gateway(
            String cluster,
            ListenOptions options,
            ClusterSecret secret,
            Path sessions,
            LocalShards shards,
            @Nullable TlsSettings tls)
            throws IOException {
        return Gateway.start(
                new GatewaySettings(
                        cluster, secret, options.listen(), sessions, shards,
                        options.connectionsMax(), tls));
    }

    private static ClusterNodes join(
            String cluster,
            String host,
            ClusterDirectory directory,
            Gateway gateway,
            ClusterSecret secret,
            @Nullable NodeAddress other) {
        ControlMember self = new ControlMember(
                host, gateway.address(), ProcessHandle.current().pid());
        ClusterNodes nodes = ClusterNodes.start(
                cluster, self, secret, directory.path().resolve(CONTROL), other);
        gateway.control(nodes::handle);
        return nodes;
    }

    private void begin() {
        Thread.ofPlatform().daemon().name("ddict-accept").start(this::accept);
        nodes.serve(new Membership());
    }

    private final class Membership implements Duties {
        @Override
        public void renewed(long deadlineNs) {
            dictionaries.renewLease(deadlineNs);
        }

        @Override
        public Consumer<ClusterState> returning() {
            return dictionaries.returning();
        }

        @Override
        public void expelled() {
            if (!leaving) {
                stop();
            }
        }
    }

    /** Where it listens for other machines; null if it does not. */
    public @Nullable NodeAddress address() {
        return gateway == null ? null : gateway.address();
    }

    /** What it has counted of connections from other machines. */
    ConnectionFigures connections() {
        return gateway == null ? ConnectionFigures.NONE : gateway.figures();
    }

    /** Names of the machines whose services are alive, this one first. */
    public List<String> hosts() {
        return nodes.members().stream().map(MemberEntry::host).toList();
    }

    /** Name of the cluster. */
    public String cluster() {
        return cluster;
    }

    /** What starts processes. */
    Launcher launcher() {
        return launcher;
    }

    /** What other nodes have sent of programs' class paths. */
    ClassStore classes() {
        return classes;
    }

    /**
     * Whether this service belongs to its cluster: by its own clock the others have not taken it for dead.
     * Always so in one that does not listen.
     */
    public boolean holdsLease() {
        return nodes.holdsLease();
    }

    /** Tells the others that this service ends, and {@link #stop stops}. Blocks for a few seconds at most. */
    public void leave() {
        // To the others it is dead from the middle of this on, but it must hand over what it leads first.
        leaving = true;
        nodes.leave();
        stop();
    }

    /** Lets {@link #awaitStop} return. */
    public void stop() {
        stopped.countDown();
    }

    /** Waits for {@link #stop}, but not longer than a time; whether it was called. */
    public boolean awaitStop(Duration timeout) {
        try {
            return stopped.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Waits for {@link #stop}. */
    public void awaitStop() {
        await(stopped);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the processes and the managers, and removes every file. May be called twice; who comes second
     * waits for the first, as the JVM must not end before.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                end();
            } finally {
                ended.countDown();
            }
        } else {
            await(ended);
        }
    }

    private void end() {
        stop();
        launcher.close();
        classes.close();
        dictionaries.refuse();
        try {
            server.close();
            dictionaries.close();
            nodes.close();
            if (gateway != null) {
                gateway.close();
            }
            directory.close();
            sessions.forEach(Session::close);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its client has ended. */
    void forget(Session session) {
        sessions.remove(session);
    }

    /** The node services of the cluster. */
    Nodes nodes() {
        return nodes;
    }

    /** The dictionaries of the cluster. */
    Dictionaries dictionaries() {
        return dictionaries;
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel socket = server.accept();
                Session session = new Session(this, socket);
                sessions.add(session);
                Thread.ofPlatform().daemon().name("ddict-session").start(session);
            }
        } catch (IOException e) {
            // The server socket was closed: the service ends.
        }
    }
}
