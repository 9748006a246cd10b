package io.ddict.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.apache.ignite.Ignition;

/** Apache Ignite: one server node in a JVM of its own, and thin clients over TCP. */
final class IgnitePeer implements Peer {
    @Override
    public String name() {
        return "ignite";
    }

    @Override
    public String description() {
        return "Apache Ignite 2.18.0, one server node and thin clients over TCP on 127.0.0.1;"
                + " ATOMIC, no backup, off heap; put, putAll, get";
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
    public Service start(Shape shape) throws IOException {
        SharedFolder folder = SharedFolder.create();
        try {
            int firstPort = LocalPorts.free(IgniteConfig.PORTS_OF_SERVER);
            List<String> command = JavaCommand.of(
                    IgniteConfig.FLAGS,
                    classPathFilter(),
                    IgniteServer.class,
                    folder.address(),
                    Integer.toString(firstPort),
                    Long.toString(IgniteConfig.regionLength(shape)));
            ServerProcess server = ServerProcess.startJava(name(), command);
            return ServerService.ofJava(
                    Integer.toString(IgniteConfig.clientPort(firstPort)), server, folder);
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    @Override
    public Store attach(String address, Shape shape) {
        int port = Integer.parseInt(address);
        return new IgniteThinStore(Ignition.startClient(IgniteConfig.client(port)));
    }
}
