package io.ddict.manager.cluster.raft;

import io.ddict.client.protocol.NodeAddress;
import java.util.Collection;
import java.util.List;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;

/** Our peers as Ratis knows them: an id, and an address as text. */
final class RaftPeers {
    private static final String PREFIX = "n";

    private RaftPeers() {}

    static RaftPeerId idOf(int number) {
        return RaftPeerId.valueOf(PREFIX + number);
    }

    static int numberOf(RaftPeerId id) {
        return Integer.parseInt(id.toString().substring(PREFIX.length()));
    }

    static RaftPeer peerOf(RaftPlace place) {
        return RaftPeer.newBuilder()
                .setId(idOf(place.number()))
                .setAddress(place.address().host() + ":" + place.address().port())
                .build();
    }

    static RaftPlace placeOf(RaftPeer peer) {
        String address = peer.getAddress();
        int colon = address.lastIndexOf(':');
        return new RaftPlace(
                numberOf(peer.getId()), new NodeAddress(
                        address.substring(0, colon),
                        Integer.parseInt(address.substring(colon + 1))));
    }

    static List<RaftPeer> peersOf(Collection<RaftPlace> places) {
        return places.stream().map(RaftPeers::peerOf).toList();
    }

    static List<RaftPlace> placesOf(Collection<RaftPeer> peers) {
        return peers.stream().map(RaftPeers::placeOf).toList();
    }
}
