package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the benchmark relies on, for all stores, by client processes with the flags of each. */
class PeerContractIT {
    private static final int[] VALUE_LENGTHS = {8, 1 << 10, 1 << 20};
    private static final Path NODE_ARGUMENTS =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling(".config").resolve("node.args");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    static Stream<String> peers() {
        return Peers.all().stream().filter(peer -> !peer.isLimit()).map(Peer::name);
    }

    @ParameterizedTest
    @MethodSource("peers")
    void keepsWhatTwoClientsPutAndEndsWithItsService(String name) throws Exception {
        Peer peer = assumeRunnable(name);
        List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
        try (Client writer = new Client(peer); Client reader = new Client(peer)) {
            for (int valueLength : VALUE_LENGTHS) {
                Shape shape = ContractClient.shape(valueLength);
                try (Service service = peer.start(shape)) {
                    service.awaitReady();
                    String attach = "attach " + valueLength + " " + service.address();
                    writer.ask(attach, "attached");
                    reader.ask(attach, "attached");
                    writer.ask("keep", "kept");
                    reader.ask("expect", "found");
                    reader.ask("close", "closed");
                    writer.ask("close", "closed");
                }
            }
        }
        // DDict's node service serves the next dictionary of this process too.
        if (!name.equals(Peers.DDICT)) {
            awaitEnd(ProcessHandle.current().descendants()
                    .filter(process -> !before.contains(process))
                    .toList());
        }
        assertNoFolderOf(ProcessHandle.current().pid());
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-uds", "memcached", "hazelcast", "ignite"})
    void endsWithAParentThatIsKilled(String name) throws Exception {
        assumeRunnable(name);
        Process holder = new ProcessBuilder(JavaCommand.of(
                List.of("--enable-native-access=ALL-UNNAMED"), _ -> true, ServiceHolder.class,
                name))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = holder.inputReader(UTF_8)) {
            assertThat(out.readLine()).startsWith("started ");
            List<ProcessHandle> servers = holder.descendants().toList();
            assertThat(servers).isNotEmpty();

            holder.destroyForcibly().waitFor();

            awaitEnd(servers);
        } finally {
            holder.destroyForcibly();
        }
        // Its folder is removed by the next that makes one.
        SharedFolder.create().close();
        assertNoFolderOf(holder.pid());
    }

    @Test
    void tellsWhyAServerDidNotStart() {
        assertThatThrownBy(() -> ServerProcess.startProgram(
                List.of("sh", "-c", "echo no such luck; exit 3"), LocalPorts.address(1), "", ""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("server not started: alive=false")
                .hasMessageContaining("no such luck");
    }

    @Test
    void tellsWhatIsNotInstalled() {
        assertThat(new Program("no-such-server", "some-package").absence()).hasValue(
                "program not found: program=no-such-server;"
                        + " install it: apt-get install some-package");
    }

    @Test
    void refusesValuesThatAreTooLongForMemcached() {
        assertThat(new MemcachedPeer().obstacle(new Shape(128 << 20, 1, 1, 1, false)))
                .hasValueSatisfying(reason -> assertThat(reason)
                        .startsWith("value too long for memcached: valueLength=134217728B"));
    }

    private static Peer assumeRunnable(String name) {
        Peer peer = Peers.named(name);
        for (int valueLength : VALUE_LENGTHS) {
            Optional<String> obstacle = peer.obstacle(ContractClient.shape(valueLength));
            assumeTrue(obstacle.isEmpty(), obstacle::get);
        }
        return peer;
    }

    private static void awaitEnd(List<ProcessHandle> processes) throws Exception {
        for (ProcessHandle process : processes) {
            process.onExit().get(20, TimeUnit.SECONDS);
        }
    }

    private static void assertNoFolderOf(long process) throws IOException {
        try (Stream<Path> left = Files.list(SHARED_MEMORY)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(file -> file.startsWith("ddict-bench-" + process + "-"));
        }
    }

    /** A client process, which fails the test with what it printed. */
    private static final class Client implements AutoCloseable {
        private final Process process;
        private final PrintStream in;
        private final BufferedReader out;

        Client(Peer peer) throws IOException {
            process = new ProcessBuilder(JavaCommand.of(
                    peer.flags(NODE_ARGUMENTS), peer.classPathFilter(), ContractClient.class,
                    peer.name()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            in = new PrintStream(process.getOutputStream(), true, UTF_8);
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        }

        void ask(String line, String answer) throws IOException {
            in.println(line);
            assertThat(out.readLine()).as("%s; its error is above", line).isEqualTo(answer);
        }

        @Override
        public void close() {
            in.close();
            process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
            process.destroyForcibly().onExit().join();
        }
    }
}
