package io.ddict.bench.peers;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.core.HazelcastInstance;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;

/** An {@code IExecutorService} of Hazelcast: threads of one member, for a client over TCP. */
public final class HazelcastExecutor implements AutoCloseable {
    private final ServerProcess server;
    private final HazelcastInstance client;

    private HazelcastExecutor(ServerProcess server, HazelcastInstance client) {
        this.server = server;
        this.client = client;
    }

    /** Starts a member with so many threads, and a client of it in this process. */
    public static HazelcastExecutor start(int threads) throws IOException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        int port = LocalPorts.free(1);
        List<String> command =
                JavaCommand.of(
                        HazelcastConfig.FLAGS, Library.only(Library.HAZELCAST),
                        HazelcastServer.class, Integer.toString(port), Integer.toString(threads));
        ServerProcess server = ServerProcess.startJava("hazelcast", command);
        boolean isConnected = false;
        try {
            HazelcastInstance client =
                    HazelcastClient
                            .newHazelcastClient(HazelcastConfig.client(LocalPorts.text(port)));
            isConnected = true;
            return new HazelcastExecutor(server, client);
        } finally {
            if (!isConnected) {
                server.close();
            }
        }
    }

    /** The executor. */
    public ExecutorService executor() {
        return client.getExecutorService(HazelcastConfig.EXECUTOR);
    }

    @Override
    public void close() {
        client.shutdown();
        server.close();
    }
}
