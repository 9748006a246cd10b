package io.ddict.bench.peers;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Redis: one server that writes nothing to a disk, and Jedis clients, over a Unix socket on /dev/shm
 * or over TCP. A batch of values up to 4 KiB is one MSET, of longer ones a pipeline of SETs.
 */
final class RedisPeer implements Peer {
    private static final Program SERVER = new Program("redis-server", "redis-server");
    private static final String SOCKET = "socket";

    private final String name;
    private final boolean unixSocket;

    RedisPeer(String name, boolean unixSocket) {
        this.name = name;
        this.unixSocket = unixSocket;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return SERVER.version() + ", no persistence; Jedis 8.0.2 over "
                + (unixSocket ? "a Unix socket by junixsocket 2.11.1" : "TCP");
    }

    @Override
    public Optional<String> obstacle(Shape shape) {
        return SERVER.absence();
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.REDIS);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        return unixSocket ? startOnUnixSocket() : startOnPort();
    }

    @Override
    public Store attach(String address, Shape shape) {
        return unixSocket
                ? RedisStore.ofUnixSocket(Path.of(address))
                : RedisStore.ofAddress(LocalPorts.parse(address));
    }

    private static Service startOnPort() throws IOException {
        int port = LocalPorts.free(1);
        List<String> command = command(
                "--bind", LocalPorts.host(), "--port", Integer.toString(port), "--protected-mode",
                "no");
        ServerProcess server = ServerProcess.startProgram(
                command, LocalPorts.address(port), "PING\r\n", "+PONG");
        return ServerService.ofProgram(LocalPorts.text(port), server, null);
    }

    private static Service startOnUnixSocket() throws IOException {
        SharedFolder folder = SharedFolder.create();
        try {
            Path socket = Path.of(folder.address(), SOCKET);
            List<String> command = command(
                    "--port", "0", "--unixsocket", socket.toString(), "--unixsocketperm", "700");
            ServerProcess server = ServerProcess.startProgram(
                    command, UnixDomainSocketAddress.of(socket), "PING\r\n", "+PONG");
            return ServerService.ofProgram(socket.toString(), server, folder);
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private static List<String> command(String... where) {
        List<String> command = new ArrayList<>(List.of(SERVER.name()));
        command.addAll(List.of(where));
        command.addAll(List.of("--save", "", "--appendonly", "no", "--loglevel", "warning"));
        return command;
    }
}
