package io.ddict.bench.peers;

import com.hazelcast.core.Hazelcast;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Hazelcast, embedded: each client process is a member, and holds its share of the content. */
final class HazelcastEmbeddedPeer implements Peer {
    @Override
    public String name() {
        return "hazelcast-embedded";
    }

    @Override
    public String description() {
        return "Hazelcast 5.7.0, every client is a member; IMap, BINARY, no backup, no statistics;"
                + " set, setAll, get";
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        List<String> flags = new ArrayList<>(HazelcastConfig.FLAGS);
        // A single client holds all content, and its garbage; it is taken as it is used.
        flags.add("-XX:MaxRAMPercentage=40");
        return flags;
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.HAZELCAST);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        return new EmbeddedService(Integer.toString(LocalPorts.free(shape.clients())));
    }

    @Override
    public Store attach(String address, Shape shape) {
        int firstPort = Integer.parseInt(address);
        return new HazelcastStore(Hazelcast.newHazelcastInstance(
                HazelcastConfig.member(firstPort, shape.clients())));
    }
}
