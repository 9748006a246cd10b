package io.ddict.client;

import io.ddict.client.channel.ShardChannel;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

    /** Makes a link to each manager; gives back those that were made if one cannot be. */
    static Links open(NodeConnection connection, DictionaryLocation location) {
        int[] linkIds = new int[location.seats().size()];
        List<ShardChannel> channels = new ArrayList<>();
        boolean opened = false;
        try {
            for (int manager = 0; manager < linkIds.length; manager++) {
                if (location.isHere(manager)) {
                    linkIds[manager] = link(connection, location.name(), manager);
                }
                channels.add(channel(connection, location, manager, linkIds[manager]));
            }
            opened = true;
        } catch (IOException | PoolDamagedException e) {
            throw new DDictException(
                    DDictException.Status.DAMAGED,
                    "memory pool cannot be mapped: dictionary=" + location.name() + ": "
                            + e.getMessage(),
                    e);
        } finally {
            if (!opened) {
                channels.forEach(ShardChannel::close);
                unlink(connection, location.name(), linkIds);
            }
        }
        return new Links(
                connection, location.name(), channels.toArray(ShardChannel[]::new), linkIds);
    }

    private static ShardChannel channel(
            NodeConnection connection, DictionaryLocation location, int manager, int linkId)
            throws IOException {
        if (!location.isHere(manager)) {
            NodeAddress address = NodeAddress.parse(location.seats().get(manager).address());
            String cluster = connection.cluster();
            return TcpChannel.open(
                    TcpNode.shared(cluster, address, ClusterSecret.ofCluster(cluster)),
                    location.name(), manager, OPEN_TIMEOUT);
        }
        return new ShmChannel(
                manager, location.poolDirectory(manager), linkId, connection::isLost);
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
