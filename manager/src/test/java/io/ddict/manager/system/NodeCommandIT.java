package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.MemberEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code ddict node}: services that are started one by one, and find each other, on one machine here. */
@Timeout(120)
class NodeCommandIT {
    private static final String CLUSTER = "by-hand";
    private static final Duration TIMEOUT = Duration.ofSeconds(40);

    private final List<ChildProcess> services = new ArrayList<>();
    private Machine machine;
    private Path secret;

    @BeforeEach
    void begin() throws IOException {
        machine = new Machine();
        secret = machine.directory().resolve("secret");
        ClusterSecret.draw().write(secret);
    }

    @AfterEach
    void end() throws IOException {
        services.forEach(ChildProcess::kill);
        services.forEach(ChildProcess::awaitEnd);
        machine.close();
    }

    /** A service with shared memory of its own, as on a machine of its own. */
    private ChildProcess node(String folder, String... arguments) throws IOException {
        Path home = Path.of(System.getProperty("ddict.home"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + home.resolve("node.args"), "-cp", home.resolve("lib") + "/*",
                "io.ddict.manager.tools.Main", "node", "--cluster", CLUSTER));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("DDICT_DIRECTORY", Files
                .createDirectories(machine.directory().resolve(folder)).toString());
        builder.environment().put("DDICT_SECRET_FILE", secret.toString());
        ChildProcess started = ChildProcess.start(folder, builder);
        services.add(started);
        return started;
    }

    private static String address() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }

    private ChildProcess listed(String folder, String own, List<String> all) throws IOException {
        return node(folder, "--listen", own, "--join", String.join(",", all), "--found-if-alone");
    }

    /** The services that are alive, as the one of a folder knows. */
    private List<MemberEntry> members(String folder) {
        String property = System.getProperty("ddict.directory");
        System.setProperty("ddict.directory", machine.directory().resolve(folder).toString());
        try (NodeConnection connection = NodeConnection.connect(CLUSTER)) {
            return Members.of(connection);
        } finally {
            System.setProperty("ddict.directory", property);
        }
    }

    private void awaitMembers(String folder, int count, Duration timeout) {
        Await.until(timeout, () -> "members " + members(folder),
                () -> members(folder).size() == count);
    }

    private void assertNothingLeft(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(machine.directory().resolve(folder))) {
            assertThat(files.filter(each -> each.endsWith(CLUSTER))).isEmpty();
        }
    }

    @Test
    void waitsForTheFirstAndTakesItsLeaveAtOnce() throws IOException {
        List<String> all = List.of(address(), address());
        ChildProcess second = listed("b", all.get(1), all);
        ChildProcess first = listed("a", all.get(0), all);
        assertThat(first.await("ready: ", TIMEOUT)).contains("address=" + all.get(0) + ",");
        assertThat(second.await("ready: ", TIMEOUT)).endsWith("nodes=2");
        awaitMembers("a", 2, TIMEOUT);

        first.terminate();

        // Without its leave for ever: it alone keeps the log.
        awaitMembers("b", 1, TIMEOUT);
        assertThat(first.awaitEnd()).as(first.errorText()).isZero();
        assertNothingLeft("a");
        second.terminate();
        assertThat(second.awaitEnd()).as(second.errorText()).isZero();
        assertNothingLeft("b");
    }

    @Test
    void joinsTheOthersWhenItIsStartedAgain() throws IOException {
        List<String> all = List.of(address(), address(), address());
        ChildProcess first = listed("a", all.get(0), all);
        first.await("ready: ", TIMEOUT);
        listed("b", all.get(1), all).await("ready: ", TIMEOUT);
        listed("c", all.get(2), all).await("ready: ", TIMEOUT);
        awaitMembers("b", 3, TIMEOUT);
        // Two of three that keep the log are enough; until then the first one keeps it alone.
        Await.until(
                TIMEOUT, () -> "peers",
                () -> members("b").stream().allMatch(MemberEntry::keepsLog));

        first.kill();
        first.awaitEnd();
        ChildProcess again = listed("a", all.get(0), all);

        again.await("ready: ", TIMEOUT);
        for (String folder : List.of("a", "b", "c")) {
            awaitMembers(folder, 3, TIMEOUT);
        }
        assertThat(members("a")).map(MemberEntry::address)
                .containsExactlyInAnyOrderElementsOf(all);
        assertThat(members("b")).map(MemberEntry::number).doesNotContain(1);
    }

    @Test
    void refusesAWrongSecretAtOnce() throws IOException {
        String first = address();
        node("a", "--listen", first).await("ready: ", TIMEOUT);
        secret = machine.directory().resolve("other");
        ClusterSecret.draw().write(secret);

        ChildProcess stranger = node("b", "--listen", address(), "--join", first);

        assertThat(stranger.awaitEnd(Duration.ofSeconds(10))).isEqualTo(3);
        assertThat(stranger.errorText())
                .contains("ddict: node service does not accept the secret: cluster=" + CLUSTER);
        assertNothingLeft("b");
    }

    @Test
    void tellsAfterATimeThatNobodyIsThere() throws IOException {
        String nobody = address();
        ChildProcess lost = node(
                "a", "--listen", address(), "--join", "nobody.invalid:7411," + nobody,
                "--join-timeout", "2", "--found-if-alone");

        assertThat(lost.awaitEnd(TIMEOUT)).isEqualTo(3);
        assertThat(lost.errorText()).contains(
                "ddict: no member of the cluster was found to join by: cluster=" + CLUSTER,
                "nobody.invalid:7411 (name means nothing here)", nobody + " (nobody listens)");
        assertNothingLeft("a");
    }

    @Test
    void foundsNoClusterWhereOneThatIsSilentMayHaveIt() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            String other = "127.0.0.1:" + silent.getLocalPort();
            String own = address();
            ChildProcess first = node(
                    "a", "--listen", own, "--join", own + "," + other, "--join-timeout", "6",
                    "--found-if-alone");

            assertThat(first.awaitEnd(TIMEOUT)).isEqualTo(3);
            assertThat(first.errorText()).contains(other + " (", "only the first address founds");
        }
    }

    @Test
    void endsByASignalWhileItWaits() throws IOException {
        List<String> all = List.of(address(), address());
        ChildProcess second = listed("b", all.get(1), all);
        Await.until(TIMEOUT, () -> "network", () -> hasLoadedItsNetwork(second));

        second.terminate();

        assertThat(second.awaitEnd(Duration.ofSeconds(10))).as(second.errorText()).isZero();
        assertThat(second.errorText()).isEmpty();
        assertNothingLeft("b");
    }

    private static boolean hasLoadedItsNetwork(ChildProcess service) {
        try {
            return Files.readString(Path.of("/proc/" + service.pid() + "/maps"))
                    .contains("libextnet.so");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void showsItsLeaseToTheProbeOfKubernetes() throws Exception {
        ChildProcess only = node("a", "--listen", address());
        only.await("ready: ", TIMEOUT);
        String probe = probe();
        Await.until(TIMEOUT, () -> "lease", () -> exitCode(probe) == 0);

        only.stop();
        Await.until(TIMEOUT, () -> "end of the lease", () -> exitCode(probe) == 1);
        only.resume();
        Await.until(TIMEOUT, () -> "lease again", () -> exitCode(probe) == 0);
    }

    private String probe() throws IOException {
        Path manifest = Path.of(System.getProperty("basedir", ".")).toAbsolutePath()
                .resolveSibling("docs/kubernetes/statefulset.yaml");
        String line = Files.readAllLines(manifest).stream()
                .filter(each -> each.contains("/.lease"))
                .findFirst().orElseThrow();
        return line.strip().substring(2).replaceFirst(
                "/dev/shm/ddict-1000/ddict/",
                machine.directory().resolve("a").resolve(machine.userDirectory().getFileName())
                        .resolve(CLUSTER) + "/");
    }

    private static int exitCode(String command) {
        try {
            return new ProcessBuilder("sh", "-c", command).start().waitFor();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
