package io.ddict.bench.peers;

import java.util.List;
import java.util.stream.Collectors;

/** All peers by name. */
public final class Peers {
    /** Name of the product itself. */
    public static final String DDICT = "ddict";

    // The product comes first, as reports compare the others with it.
    private static final List<Peer> ALL =
            List.of(
                    new DDictPeer(),
                    new ChroniclePeer("chronicle", true),
                    new ChroniclePeer("chronicle-nosum", false),
                    new LmdbPeer(),
                    new RedisPeer("redis-uds", true),
                    new RedisPeer("redis-tcp", false),
                    new MemcachedPeer(),
                    new HazelcastPeer(),
                    new HazelcastEmbeddedPeer(),
                    new IgnitePeer(),
                    new IgniteEmbeddedPeer(),
                    new CopyPeer(),
                    new SocketPeer("socket", true),
                    new SocketPeer("socket-tcp", false));

    private Peers() {}

    /**
     * The peer of a name.
     *
     * @throws IllegalArgumentException naming all, if there is none of this name
     */
    public static Peer named(String name) {
        return ALL.stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such peer: name=" + name + ", known=" + names()));
    }

    /** All, limits included. */
    public static List<Peer> all() {
        return ALL;
    }

    /** All names, with commas between them. */
    public static String names() {
        return ALL.stream().map(Peer::name).collect(Collectors.joining(","));
    }
}
