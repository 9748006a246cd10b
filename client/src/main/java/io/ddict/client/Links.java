package io.ddict.client;

import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.Together;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Request;
import io.ddict.store.pool.PoolDamagedException;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * One link to each manager, for all handles of one attachment: that of the whole dictionary, and those of
 * single managers, which are at checkpoints of their own. To the managers they are one writer. So where
 * a checkpoint retires only when its writers have gone on, the links tell of the handle that is furthest
 * behind, and have to know which there are.
 */

/** The channels of one attachment, by manager. Safe from any thread. */
final class Links implements AutoCloseable {
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(20);

    private final NodeConnection connection;
    private final String dictionary;
    private final ShardChannel[] channels;
    private final int[] linkIds;
    // Those that others wait for; guarded by this.
    private final Set<OpenDictionary> writers = new HashSet<>();
    private final boolean waitsForWriters;
    private volatile boolean closed;
    private boolean released;

    private Links(
            NodeConnection connection, String dictionary, ShardChannel[] channels, int[] linkIds) {
        this.connection = connection;
        this.dictionary = dictionary;
        this.channels = channels;
        this.linkIds = linkIds;
        this.waitsForWriters = channels[0].workingSet().waitsForWriters();
    }

    /**
     * Makes a link to each manager; gives back those that were made if one cannot be. That of a node which
     * cannot be reached is made later, if there is any other.
     */
    static Links open(NodeConnection connection, DictionaryLocation location) {
        int[] linkIds = new int[location.seats().size()];
        @Nullable ShardChannel[] channels = new ShardChannel[linkIds.length];
        boolean opened = false;
        try {
            openReachable(connection, location, linkIds, channels);
            openLater(connection, location, channels);
            opened = true;
        } catch (IOException | PoolDamagedException e) {
            throw new DDictException(
                    DDictException.Status.DAMAGED,
                    "memory pool cannot be mapped: dictionary=" + location.name() + ": "
                            + e.getMessage(),
                    e);
        } finally {
            if (!opened) {
                opened(channels).forEach(ShardChannel::close);
                unlink(connection, location.name(), linkIds);
            }
        }
        return new Links(
                connection, location.name(), opened(channels).toArray(ShardChannel[]::new),
                linkIds);
    }

    private static Stream<ShardChannel> opened(@Nullable ShardChannel[] channels) {
        return Arrays.stream(channels).filter(Objects::nonNull).map(Objects::requireNonNull);
    }

    // Throws what the first node that cannot be reached says if none can be.
    private static void openReachable(
            NodeConnection connection,
            DictionaryLocation location,
            int[] linkIds,
            @Nullable ShardChannel[] channels)
            throws IOException {
        Map<TcpNode, List<Integer>> distant = new LinkedHashMap<>();
        for (int manager = 0; manager < linkIds.length; manager++) {
            if (location.isHere(manager)) {
                linkIds[manager] = link(connection, location.name(), manager);
                channels[manager] = new ShmChannel(
                        manager, location.poolDirectory(manager), linkIds[manager],
                        connection::isLost);
            } else {
                distant.computeIfAbsent(
                        node(connection, location, manager), _ -> new ArrayList<>()).add(manager);
            }
        }
        List<RuntimeException> failures = openDistant(location.name(), distant, channels);
        for (RuntimeException each : failures) {
            if (!(each instanceof ManagerLostException) || opened(channels).findAny().isEmpty()) {
                throw each;
            }
        }
    }

    // All nodes at the same time, as one that is silent takes its time.
    private static List<RuntimeException> openDistant(
            String dictionary, Map<TcpNode, List<Integer>> distant,
            @Nullable ShardChannel[] channels) {
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        Together.run(distant.entrySet().stream().<Runnable>map(each -> () -> {
            try {
                for (int manager : each.getValue()) {
                    channels[manager] = TcpChannel.open(
                            each.getKey(), dictionary, manager, OPEN_TIMEOUT);
                }
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }).toList());
        return List.copyOf(failures);
    }

    private static void openLater(
            NodeConnection connection,
            DictionaryLocation location,
            @Nullable ShardChannel[] channels)
            throws IOException {
        ShardChannel any = opened(channels).findFirst().orElseThrow();
        for (int manager = 0; manager < channels.length; manager++) {
            if (channels[manager] == null) {
                channels[manager] =
                        TcpChannel.later(
                                node(connection, location, manager), location.name(), manager, any);
            }
        }
    }

    private static TcpNode node(
            NodeConnection connection, DictionaryLocation location, int manager)
            throws IOException {
        NodeAddress address = NodeAddress.parse(location.seats().get(manager).address());
        String cluster = connection.cluster();
        return TcpNode.shared(cluster, address, ClusterSecret.ofCluster(cluster));
    }

    /** The channels; the caller looks at whether they are closed. */
    ShardChannel[] channels() {
        return channels;
    }

    boolean isClosed() {
        return closed;
    }

    /** Counts a handle among the writers, if there is any need to. */
    synchronized void opened(OpenDictionary handle) {
        if (waitsForWriters) {
            writers.add(handle);
            publishCheckpoints();
        }
    }

    /** Tells the managers that a handle went to another checkpoint. */
    synchronized void moved() {
        if (waitsForWriters) {
            publishCheckpoints();
        }
    }

    /** Waits for a handle as a writer no longer. */
    synchronized void closed(OpenDictionary handle) {
        if (writers.remove(handle) && !closed) {
            publishCheckpoints();
        }
    }

    private void publishCheckpoints() {
        for (ShardChannel channel : channels) {
            writers.stream()
                    .filter(handle -> handle.goesTo(channel))
                    .mapToLong(OpenDictionary::checkpoint)
                    .min()
                    .ifPresent(channel::publishCheckpoint);
        }
    }

    void closeFrozenViews() {
        for (ShardChannel channel : channels) {
            channel.closeFrozenViews();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (released) {
            return;
        }
        for (ShardChannel channel : channels) {
            channel.endFrozenViews();
        }
        released = true;
        try {
            // First of all: what the service frees next, no thread of this process may still write to.
            for (ShardChannel channel : channels) {
                channel.close();
            }
        } finally {
            unlink(connection, dictionary, linkIds);
        }
    }

    private static int link(NodeConnection connection, String dictionary, int manager)
            throws IOException {
        try (DataInputStream answer = connection.call(Request.LINK, out -> {
            Fields.writeText(out, dictionary);
            out.writeInt(manager);
        })) {
            return answer.readInt();
        }
    }

    private static void unlink(NodeConnection connection, String dictionary, int[] linkIds) {
        for (int manager = 0; manager < linkIds.length; manager++) {
            int number = manager;
            if (linkIds[number] != 0) {
                connection.tell(Request.UNLINK, out -> {
                    Fields.writeText(out, dictionary);
                    out.writeInt(number);
                    out.writeInt(linkIds[number]);
                });
            }
        }
    }
}
