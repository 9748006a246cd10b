package io.ddict.bench.peers;

import com.hazelcast.client.HazelcastClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Hazelcast: one member in a JVM of its own, and clients over TCP. */
final class HazelcastPeer implements Peer {
    // Values are in the heap; one that is overwritten is garbage for a while.
    private static final long HEAP_SHARE = 3;
    private static final long HEAP_LENGTH_FIXED = 1L << 30;

    @Override
    public String name() {
        return "hazelcast";
    }

    @Override
    public String description() {
        return "Hazelcast 5.7.0, one member and clients over TCP; IMap, BINARY, no"
                + " backup, no statistics; set, setAll, get";
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return HazelcastConfig.FLAGS;
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.HAZELCAST);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        int port = LocalPorts.free(1);
        long heapLength = HEAP_SHARE * shape.contentLength() + HEAP_LENGTH_FIXED;
        List<String> flags = new ArrayList<>(HazelcastConfig.FLAGS);
        flags.add("-Xmx" + (heapLength >> 20) + "m");
        flags.add("-D" + LocalPorts.HOST_PROPERTY + "=" + LocalPorts.host());
        List<String> command = JavaCommand.of(
                flags, classPathFilter(), HazelcastServer.class, Integer.toString(port));
        ServerProcess server = ServerProcess.startJava(name(), command);
        return ServerService.ofJava(LocalPorts.text(port), server, null);
    }

    @Override
    public Store attach(String address, Shape shape) {
        return new HazelcastStore(
                HazelcastClient.newHazelcastClient(HazelcastConfig.client(address)));
    }
}
