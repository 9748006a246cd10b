package io.ddict.bench.driver;

import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Shape;
import java.util.HashSet;
import java.util.List;

/**
 * What a run measures.
 *
 * @param peers in the order in which they run
 * @param valueLengths bytes of a value
 * @param clientCounts numbers of client processes
 * @param managers managers of a dictionary on each of its nodes
 * @param place nodes of the dictionary, the stores and the clients
 * @param keysMax most keys in a store
 * @param contentLengthMax most bytes of keys and values in a store
 * @param workload what is done to each store
 * @param pace how often and for how long
 */
record Plan(
        List<Peer> peers,
        List<Integer> valueLengths,
        List<Integer> clientCounts,
        int managers,
        Place place,
        long keysMax,
        long contentLengthMax,
        Workload workload,
        Pace pace) {
    /** Slots of a manager's ring: a put can hide in it for so many operations. */
    static final long RING_SLOTS = 4096;

    private static final long RINGS_PER_ROUND = 10;
    // In a round of small values ten rings pass in any case; of large ones as many as memory holds.
    private static final int INLINE_LENGTH_MAX = 4096;
    private static final int VALUE_LENGTH_MAX = 1 << 30;
    private static final int CLIENTS_MAX = 1024;

    /**
     * Checks everything, before anything starts.
     *
     * @throws IllegalArgumentException saying what is not possible
     */
    Plan {
        checkAtLeastOne("peers", peers.size());
        checkAtLeastOne("sizes", valueLengths.size());
        checkAtLeastOne("numbers of clients", clientCounts.size());
        checkAtLeastOne("managers", managers);
        checkAtLeastOne("keys", keysMax);
        if (new HashSet<>(peers).size() < peers.size()) {
            throw new IllegalArgumentException(
                    "a peer twice: peers=" + peers.stream().map(Peer::name).toList());
        }
        if (place.dictionaryNodes() > 1
                && !peers.stream().allMatch(peer -> peer.name().equals(Peers.DDICT))) {
            throw new IllegalArgumentException(
                    "other stores are on one node: nodes=" + place.dictionaryNodes()
                            + "; give --nodes 1, or --service-host for stores on another node");
        }
        for (int valueLength : valueLengths) {
            if (valueLength < Long.BYTES || valueLength > VALUE_LENGTH_MAX) {
                throw new IllegalArgumentException(
                        "value length out of range: valueLength=" + valueLength + "B, least="
                                + Long.BYTES + "B, most=" + VALUE_LENGTH_MAX + "B");
            }
            clientCounts.forEach(
                    clients -> checkClients(clients, valueLength, keysMax, contentLengthMax));
        }
    }

    private static void checkAtLeastOne(String what, long count) {
        if (count < 1) {
            throw new IllegalArgumentException(what + " must be at least 1: count=" + count);
        }
    }

    private static void checkClients(
            int clients, int valueLength, long keysMax, long contentLengthMax) {
        if (clients < 1 || clients > CLIENTS_MAX) {
            throw new IllegalArgumentException(
                    "number of clients out of range: clients=" + clients);
        }
        long pair = (long) Keys.LENGTH + valueLength;
        if (contentLengthMax / pair < clients || keysMax < clients) {
            throw new IllegalArgumentException(
                    "no memory for one key of each client: clients=" + clients + ", pair=" + pair
                            + "B, content=" + contentLengthMax + "B, maxKeys=" + keysMax
                            + "; raise --total-memory or --memory-share, or take shorter values");
        }
    }

    /** The store of a cell. */
    Shape shape(int valueLength, int clients) {
        long keys = Math.min(keysMax, contentLengthMax / (Keys.LENGTH + valueLength));
        return shape(valueLength, clients, keys);
    }

    /** The store of a cell, of which not all keys are used. */
    Shape shape(int valueLength, int clients, long keys) {
        long each = Math.max(1, keys / clients);
        return new Shape(
                valueLength, each * clients, clients, managers, place.dictionaryNodes(), false);
    }

    /** Least operations of one client in a round of puts; only DDict's return before they are applied. */
    static long putsMin(Peer peer, Shape shape) {
        return peer.name().equals(Peers.DDICT) && shape.valueLength() <= INLINE_LENGTH_MAX
                ? RINGS_PER_ROUND * RING_SLOTS / shape.clients()
                : 1;
    }

    /** How many cells it has. */
    int cells() {
        return peers.size() * valueLengths.size() * clientCounts.size();
    }
}
