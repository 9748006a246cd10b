package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.gateway.ControlHandler;
import io.ddict.manager.gateway.Gateway;
import io.ddict.manager.gateway.GatewaySettings;
import io.ddict.manager.launch.Launcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The service of one node: accepts sessions of clients, and holds the dictionaries. Everything it
 * made is gone after {@link #close}.
 */
public final class NodeService implements AutoCloseable {
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private static final long CHANGES_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);

    private final String cluster;
    private final String node;
    private final ClusterDirectory directory;
    private final ServerSocketChannel server;
    private final Launcher launcher;
    private final ConcurrentMap<String, Dictionary> dictionaries = new ConcurrentHashMap<>();
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    private final Set<String> changing = new HashSet<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    // Null in a service that does not listen, which loads nothing of it.
    private @Nullable Gateway gateway;

    private NodeService(
            String cluster, String node, ClusterDirectory directory, ServerSocketChannel server) {
        this.cluster = cluster;
        this.node = node;
        this.directory = directory;
        this.server = server;
        this.launcher = new Launcher(cluster, node);
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
     * is the secret unless {@code DDICT_SECRET_FILE} names another place for it.
     *
     * @param listen where; null not to listen
     * @throws IOException if that is not possible there, too
     */
    public static NodeService start(String cluster, @Nullable ListenOptions listen)
            throws IOException {
        ClusterDirectory directory = ClusterDirectory.create(cluster);
        try {
            Path path = directory.path().resolve(RuntimeDirectory.SOCKET);
            String node = Files.readString(HOST_NAME).strip();
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            NodeService service = new NodeService(cluster, node, directory, server);
            if (listen != null) {
                service.listen(listen, path);
            }
            Thread.ofPlatform().daemon().name("ddict-accept").start(service::accept);
            return service;
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void listen(ListenOptions options, Path sessions) throws IOException {
        ClusterSecret secret = ClusterSecret.ofClusterOrDrawn(cluster);
        Gateway opened = Gateway.start(
                new GatewaySettings(
                        cluster, secret, options.listen(), sessions, new LocalShards(this),
                        options.connectionsMax()));
        boolean published = false;
        try {
            directory.publish(opened.address());
            published = true;
        } finally {
            if (!published) {
                opened.close();
            }
        }
        gateway = opened;
    }

    /** Where it listens for other machines; null if it does not. */
    public @Nullable NodeAddress address() {
        return gateway == null ? null : gateway.address();
    }

    /**
     * Sets who handles what other services ask by {@code ControlClient}.
     *
     * @throws IllegalStateException if the service does not listen
     */
    public void control(ControlHandler handler) {
        if (gateway == null) {
            throw new IllegalStateException(
                    "node service does not listen: cluster=" + cluster
                            + "; start it with ListenOptions");
        }
        gateway.control(handler);
    }

    /** Name of the cluster. */
    public String cluster() {
        return cluster;
    }

    /** Name of this machine. */
    String node() {
        return node;
    }

    /** What starts processes. */
    Launcher launcher() {
        return launcher;
    }

    /** Lets {@link #awaitStop} return. */
    public void stop() {
        stopped.countDown();
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
        if (gateway != null) {
            gateway.close();
        }
        awaitChanges();
        try {
            server.close();
            dictionaries.values().forEach(Dictionary::close);
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

    /**
     * Makes a dictionary, or takes over one that was kept; an empty name stands for a generated one.
     */
    Dictionary create(DictionarySettings wanted) throws IOException {
        DictionarySettings settings =
                wanted.name().isEmpty()
                        ? wanted.named("dict-" + UUID.randomUUID().toString().substring(0, 8))
                        : wanted;
        String name = settings.name();
        take(name);
        try {
            if (dictionaries.containsKey(name)) {
                throw new IllegalArgumentException(
                        "a dictionary of this name exists: name=" + name);
            }
            Dictionary made = Dictionary.create(directoryOf(settings), settings);
            dictionaries.put(name, made);
            return made;
        } finally {
            release(name);
        }
    }

    private DictionaryDirectory directoryOf(DictionarySettings settings) throws IOException {
        return settings.restartable()
                ? KeptDirectory.take(cluster, settings)
                : directory.createDictionary(settings.name());
    }

    // Restoring and destroying may take long; others are not to wait for that.
    private void take(String name) {
        boolean taken;
        synchronized (changing) {
            taken = !closed.get() && changing.add(name);
        }
        if (!taken) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "a dictionary of this name is being made or destroyed, or the service"
                            + " ends: name="
                            + name
                            + "; try again when that has ended");
        }
    }

    private void release(String name) {
        synchronized (changing) {
            changing.remove(name);
            changing.notifyAll();
        }
    }

    // A dictionary that is being made would make files where others are just removed.
    private void awaitChanges() {
        long endNs = System.nanoTime() + CHANGES_TIMEOUT_NS;
        synchronized (changing) {
            try {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
                while (!changing.isEmpty() && leftMs > 0) {
                    changing.wait(leftMs);
                    leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The dictionary of a name, or null. */
    @Nullable Dictionary find(String name) {
        return dictionaries.get(name);
    }

    /** Names of all dictionaries, in order. */
    List<String> names() {
        return dictionaries.keySet().stream().sorted().toList();
    }

    /**
     * Ends a dictionary for all; false if there is none of the name.
     *
     * @param keep whether its memory is kept to be taken over
     */
    boolean destroy(String name, boolean keep) throws IOException {
        take(name);
        try {
            Dictionary dictionary = dictionaries.get(name);
            if (dictionary == null) {
                return false;
            }
            if (keep) {
                dictionary.requireRestartable();
            }
            dictionaries.remove(name);
            dictionary.destroy(keep);
            return true;
        } finally {
            release(name);
        }
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
