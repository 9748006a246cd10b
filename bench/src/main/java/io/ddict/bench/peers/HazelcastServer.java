package io.ddict.bench.peers;

import com.hazelcast.core.Hazelcast;

/** A member in a JVM of its own, that ends with its parent. */
final class HazelcastServer {
    private HazelcastServer() {}

    /** Runs until it is told to end; argument: its port. */
    public static void main(String[] arguments) {
        JavaServer server = new JavaServer(() -> 0);
        Hazelcast.newHazelcastInstance(HazelcastConfig.member(Integer.parseInt(arguments[0]), 1));
        server.ready();
    }
}
