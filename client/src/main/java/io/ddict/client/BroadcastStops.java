package io.ddict.client;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.tcp.TcpBroadcast;
import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import io.ddict.client.codec.Codec;
import io.ddict.client.protocol.BroadcastBranch;
import io.ddict.client.protocol.BroadcastOutcome;
import io.ddict.client.protocol.BroadcastStop;
import io.ddict.client.protocol.ShardFrame;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The nodes that a broadcast goes to as a tree, as the channels of a handle know them. */
final class BroadcastStops {
    // Some ten thousand nodes. What names them goes with the key in one frame.
    private static final int BRANCH_LENGTH_MAX = ShardFrame.PAYLOAD_MAX - (64 << 10);

    private BroadcastStops() {}

    /**
     * Those of the managers on other machines that can be reached now; none if a tree would spare no copies.
     *
     * @param channels of all managers
     */
    static List<BroadcastStop> of(ShardChannel[] channels) {
        Map<TcpNode, List<BroadcastStop.Place>> nodes = new LinkedHashMap<>();
        int count = 0;
        int start = firstHere(channels);
        for (int step = 0; step < channels.length; step++) {
            if (channels[(start + step) % channels.length] instanceof TcpChannel channel) {
                OptionalLong port = channel.port();
                if (port.isPresent()) {
                    nodes.computeIfAbsent(channel.node(), node -> new ArrayList<>()).add(
                            new BroadcastStop.Place(channel.manager(), port.getAsLong()));
                    count++;
                }
            }
        }
        return count <= Math.min(nodes.size(), BroadcastBranch.COPIES_MAX)
                ? List.of()
                : stops(nodes);
    }

    // So that programs on other nodes have other nodes pass their values on.
    private static int firstHere(ShardChannel[] channels) {
        for (int place = 0; place < channels.length; place++) {
            if (channels[place].isLocal()) {
                return place;
            }
        }
        return 0;
    }

    private static List<BroadcastStop> stops(Map<TcpNode, List<BroadcastStop.Place>> nodes) {
        List<BroadcastStop> stops = new ArrayList<>();
        nodes.forEach((node, places) -> stops.add(
                new BroadcastStop(node.address(), List.copyOf(places))));
        return new BroadcastBranch(0, stops).bytes().length > BRANCH_LENGTH_MAX
                ? List.of()
                : List.copyOf(stops);
    }

    /** Sends a copy to a branch; see {@link TcpBroadcast#send}. */
    static <V> Map<Integer, BroadcastOutcome> send(
            ShardChannel[] channels, CallContext call, BroadcastBranch branch, Codec<V> codec,
            V value) {
        int first = branch.head().places().getFirst().manager();
        TcpNode node = ((TcpChannel) channels[first]).node();
        return TcpBroadcast.send(node, call, branch, codec, value, () -> {});
    }
}
