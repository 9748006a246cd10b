package io.ddict.client;

import io.ddict.client.channel.shm.PoolFigures;
import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ManagerFigures;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.Request;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.store.pool.PoolDamagedException;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A node service that runs for this user on this machine, by its cluster's name. Safe from any thread.
 */
public final class Cluster implements AutoCloseable {
    private final NodeConnection connection;

    private Cluster(NodeConnection connection) {
        this.connection = connection;
    }

    /** Names of the clusters of this user that answer, and are of this client's version. */
    public static List<String> running() {
        List<String> names = new ArrayList<>();
        for (String name : RuntimeDirectory.clusters()) {
            try (NodeConnection connection = NodeConnection.connect(name)) {
                names.add(connection.cluster());
            } catch (DDictException | IllegalArgumentException e) {
                // A directory without a service, left behind and swept at the next start; or a service
                // of another version.
            }
        }
        return names;
    }

    /**
     * Connects to a running cluster.
     *
     * @throws DDictException with status UNAVAILABLE if none of that name runs
     */
    public static Cluster connect(String name) {
        return new Cluster(NodeConnection.connect(name));
    }

    /**
     * Starts a node service that outlives this process. Takes about a second.
     *
     * @throws DDictException with status UNAVAILABLE if the name is in use or it cannot be started
     */
    public static Cluster start(String name) {
        return new Cluster(NodeProcess.detached(name));
    }

    /** Name of the cluster. */
    public String name() {
        return connection.cluster();
    }

    /** Process id of the node service. */
    public long processId() {
        return connection.processId();
    }

    /** Names of the dictionaries. */
    public List<String> dictionaries() {
        try (DataInputStream answer = connection.call(Request.LIST, out -> {})) {
            return Fields.readTexts(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates a dictionary in this cluster; see {@link DDict#create(DDictConfig)}. */
    public <K, V> DDict<K, V> create(DDictConfig config) {
        return Handles.create(connection, config);
    }

    /** Attaches to a dictionary of this cluster; see {@link DDict#attach(String)}. */
    public <K, V> DDict<K, V> attach(String dictionary, AttachOptions options) {
        return Handles.attach(connection, dictionary, options);
    }

    /** Directories of a dictionary's memory pools on this machine, in the order of their managers. */
    public List<Path> poolDirectories(String dictionary) {
        DictionaryLocation location = Locations.find(connection, dictionary);
        return here(location).mapToObj(location::poolDirectory).toList();
    }

    private static IntStream here(DictionaryLocation location) {
        return IntStream.range(0, location.seats().size()).filter(location::isHere);
    }

    /**
     * What a dictionary's managers count. Read from their files, by this process or by the services of
     * other nodes, so it asks no manager and makes no link, and shows one that is stuck, too. Those of a
     * node whose service does not answer are left out.
     *
     * @throws DestroyedException if there is no dictionary of this name
     */
    public DDictStats stats(String dictionary) {
        DictionaryLocation location = Locations.find(connection, dictionary);
        try {
            List<DDictStats.Manager> managers = new ArrayList<>(here(location)
                    .mapToObj(manager -> PoolFigures.read(manager, location.poolDirectory(manager)))
                    .toList());
            if (managers.size() < location.seats().size()) {
                addOfOtherNodes(dictionary, managers);
            }
            return new DDictStats(dictionary, List.copyOf(managers));
        } catch (PoolDamagedException e) {
            // It may just have been destroyed; then this tells.
            DictionaryLocation _ = Locations.find(connection, dictionary);
            throw new DDictException(DDictException.Status.DAMAGED,
                    "memory pool cannot be mapped: dictionary=" + dictionary + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private void addOfOtherNodes(String dictionary, List<DDictStats.Manager> managers) {
        for (MemberEntry member : Members.of(connection)) {
            if (!member.isTeller()) {
                try (DataInputStream answer = Members.connection(connection, member)
                        .call(Request.FIGURES, out -> Fields.writeText(out, dictionary))) {
                    for (int left = answer.readInt(); left > 0; left--) {
                        managers.add(ManagerFigures.read(answer.readInt(), answer));
                    }
                } catch (ManagerLostException e) {
                    // Whoever looks has use for the others.
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        managers.sort(Comparator.comparingInt(DDictStats.Manager::manager));
    }

    /** Ends the service and everything in it. */
    public void stop() {
        connection.call(Request.STOP, out -> {});
        connection.awaitEnd();
    }

    /** Ends this connection; dictionaries attached through it lose their managers' answers. */
    @Override
    public void close() {
        connection.close();
    }
}
