package io.ddict.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.ignite.Ignition;

/** Apache Ignite, embedded: each client process is a server node, and holds its share of the content. */
final class IgniteEmbeddedPeer implements Peer {
    private static final String SEPARATOR = ":";

    @Override
    public String name() {
        return "ignite-embedded";
    }

    @Override
    public String description() {
        return "Apache Ignite 2.18.0, every client is a server node; ATOMIC, no backup, off heap;"
                + " put, putAll, get";
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return IgniteConfig.FLAGS;
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.IGNITE);
    }

    @Override
    public Optional<String> obstacle(Shape shape) {
        // SIGSEGV in OffheapReadWriteLock, as partitions move to a node whose memory is freed already.
        return shape.clients() == 1
                ? Optional.empty()
                : Optional.of(
                        "embedded nodes of Ignite 2.18 crash their JVM when one leaves the others:"
                                + " clients=" + shape.clients()
                                + "; ignite has one server for several clients");
    }

    @Override
    public Service start(Shape shape) throws IOException {
        int firstPort = LocalPorts.free(IgniteConfig.portsOfNodes(shape.clients()));
        return new EmbeddedIgnite(SharedFolder.create(), firstPort);
    }

    @Override
    public Store attach(String address, Shape shape) throws IOException {
        String[] parts = address.split(SEPARATOR, -1);
        Path work = Files.createTempDirectory(Path.of(parts[0]), "node");
        return new IgniteEmbeddedStore(Ignition.start(IgniteConfig.node(
                work, Integer.parseInt(parts[1]), shape.clients(),
                IgniteConfig.regionLength(shape))));
    }

    /** The work folder of all nodes, and their ports. */
    private record EmbeddedIgnite(SharedFolder folder, int firstPort) implements Service {
        @Override
        public String address() {
            return folder.address() + SEPARATOR + firstPort;
        }

        @Override
        public void close() {
            folder.close();
        }
    }
}
