package io.ddict.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Memcached: one server with two threads that evicts nothing, and spymemcached clients that speak
 * its binary protocol. A batch is a set for each value, sent without waiting, then all answers.
 */
final class MemcachedPeer implements Peer {
    private static final Program SERVER = new Program("memcached", "memcached");
    // Key, header and bookkeeping of the chunks that make up a long item.
    private static final int ITEM_LENGTH_MAX = 128 << 20;
    private static final int ITEM_OVERHEAD = 64 << 10;
    private static final long MEMORY_MIN = 2L * ITEM_LENGTH_MAX;

    @Override
    public String name() {
        return "memcached";
    }

    @Override
    public String description() {
        return SERVER.version()
                + ", -t 2 -I 128m -M; spymemcached 2.12.3, binary protocol over TCP";
    }

    @Override
    public Optional<String> obstacle(Shape shape) {
        int valueLengthMax = ITEM_LENGTH_MAX - ITEM_OVERHEAD;
        if (shape.valueLength() > valueLengthMax) {
            return Optional.of("value too long for memcached: valueLength=" + shape.valueLength()
                    + "B, valueLengthMax=" + valueLengthMax + "B");
        }
        return SERVER.absence();
    }

    @Override
    public List<String> flags(Path nodeArguments) {
        return List.of(
                "-Dnet.spy.log.LoggerImpl=net.spy.memcached.compat.log.SLF4JLogger",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    }

    @Override
    public Predicate<String> classPathFilter() {
        return Library.only(Library.MEMCACHED);
    }

    @Override
    public Service start(Shape shape) throws IOException {
        int port = LocalPorts.free(1);
        List<String> command = List.of(
                SERVER.name(),
                "-l", LocalPorts.host(),
                "-p", Integer.toString(port),
                "-u", System.getProperty("user.name"),
                "-t", "2",
                "-I", "128m",
                "-m", Long.toString(memoryLength(shape) >> 20),
                "-M");
        ServerProcess server = ServerProcess.startProgram(
                command, LocalPorts.address(port), "version\r\n", "VERSION");
        return ServerService.ofProgram(LocalPorts.text(port), server, null);
    }

    @Override
    public Store attach(String address, Shape shape) throws IOException {
        return new MemcachedStore(LocalPorts.parse(address));
    }

    // Chunks are up to a quarter longer than what they hold, and a value that is replaced still has
    // its own for a while; memory is taken as it is used.
    private static long memoryLength(Shape shape) {
        return 2 * shape.contentLength() + 100 * shape.keysMax() + MEMORY_MIN;
    }
}
