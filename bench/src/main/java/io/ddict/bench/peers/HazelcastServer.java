package io.ddict.bench.peers;

import com.hazelcast.config.Config;
import com.hazelcast.config.ExecutorConfig;
import com.hazelcast.core.Hazelcast;

/** A member in a JVM of its own, that ends with its parent. */
final class HazelcastServer {
    private HazelcastServer() {}

    /** Runs until it is told to end; arguments: its port, and threads of its executor if it has one. */
    public static void main(String[] arguments) {
        JavaServer server = new JavaServer(() -> 0);
        Config config = HazelcastConfig.member(Integer.parseInt(arguments[0]), 1);
        if (arguments.length > 1) {
            config.addExecutorConfig(
                    new ExecutorConfig(
                            HazelcastConfig.EXECUTOR, Integer.parseInt(arguments[1])));
        }
        Hazelcast.newHazelcastInstance(config);
        server.ready();
    }
}
