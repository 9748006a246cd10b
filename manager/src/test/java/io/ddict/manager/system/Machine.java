package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.manager.files.FileTree;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/*
 * Everything that a test starts carries the name of the test's directory in its environment, so that
 * what belongs to the test can be told from all else on the machine, also what a killed child left.
 */

/** A test's own corner of this machine: a directory for its clusters, and processes. */
final class Machine implements AutoCloseable {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final Pattern DIRECTORY = Pattern.compile("ddict-(?:it|test)-(\\d+)-\\d+");
    private static final String DIRECTORY_PROPERTY = "ddict.directory";
    private static final String DIRECTORY_VARIABLE = "DDICT_DIRECTORY";
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final List<String> CLIENT_JARS =
            List.of("ddict-client", "ddict-store", "hash4j", "fory-core", "janino",
                    "commons-compiler",
                    "jspecify", "slf4j-api");

    private final int number = COUNT.incrementAndGet();
    private final Path directory;
    private final List<ChildProcess> children = new CopyOnWriteArrayList<>();
    private final List<ChildProcess> services = new ArrayList<>();
    private final Map<ChildProcess, Path> machines = new HashMap<>();
    private final List<Cluster> clusters = new ArrayList<>();
    private List<String> serviceOptions = List.of();
    private final String earlierDirectory = System.getProperty(DIRECTORY_PROPERTY);

    /** Makes a directory in shared memory. */
    Machine() {
        this(SHARED_MEMORY);
    }

    /** Makes a directory in another place. */
    Machine(Path parent) {
        directory = parent.resolve("ddict-it-" + ProcessHandle.current().pid() + "-" + number);
        try {
            sweep(parent);
            Files.createDirectory(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.setProperty(DIRECTORY_PROPERTY, directory.toString());
        System.setProperty("ddict.home", home().toString());
    }

    // What a run left that was killed, also one of the store's tests.
    private static void sweep(Path parent) throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            for (Path entry : entries.filter(Machine::isLeft).toList()) {
                FileTree.remove(entry);
            }
        }
    }

    private static boolean isLeft(Path entry) {
        Matcher name = DIRECTORY.matcher(entry.getFileName().toString());
        return name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty();
    }

    Path directory() {
        return directory;
    }

    /** The directory of this user's clusters. */
    Path userDirectory() {
        try {
            return directory
                    .resolve("ddict-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives services options of their JVMs from now on, such as those of TLS. */
    void giveServices(List<String> options) {
        serviceOptions = List.copyOf(options);
    }

    /** Starts a node service as a child of this process. */
    ChildProcess startService(String cluster) {
        return startService(cluster, List.of());
    }

    /** Starts one that listens on this machine's own network; where it does. */
    NodeAddress startListeningService(String cluster) {
        return startListeningService(cluster, 0);
    }

    /** Starts one that listens at a port. */
    NodeAddress startListeningService(String cluster, int port) {
        startService(cluster, List.of("--listen", "127.0.0.1:" + port));
        try {
            return NodeAddress.parse(
                    Files.readString(
                            userDirectory().resolve(cluster).resolve(RuntimeDirectory.ADDRESS))
                            .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts one that joins the cluster of another, as on a machine of its own: it has another directory. It
     * ends as others do.
     */
    ChildProcess startJoiningService(String cluster, NodeAddress other) {
        Path own = otherMachine(1 + machines.size());
        ProcessBuilder builder =
                inDirectory(serviceBuilder(cluster, List.of("--join", other.toString())));
        builder.command().add(1, "-D" + DIRECTORY_PROPERTY + "=" + own);
        ChildProcess service = ChildProcess.start("service-" + cluster, builder);
        services.add(service);
        machines.put(service, own);
        service.tell(secret(cluster));
        service.await("ready");
        return service;
    }

    /** Ends the newest service as a power failure of its machine does: with its memory. */
    void killMachineOfNewestService() throws IOException {
        killMachine(service());
    }

    /** The same of any service that joined. */
    void killMachine(ChildProcess service) throws IOException {
        service.kill();
        service.awaitEnd();
        services.remove(service);
        FileTree.remove(machines.get(service));
    }

    /** The directory of a service that joined, by the number of services that were there before it. */
    Path otherMachine(int number) {
        return directory.resolve("machine-" + number);
    }

    private static String secret(String cluster) {
        try {
            return Files.readString(ClusterSecret.file(cluster)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ChildProcess startService(String cluster, List<String> options) {
        ChildProcess service = ChildProcess.start(
                "service-" + cluster, inDirectory(serviceBuilder(cluster, options)));
        services.add(service);
        service.await("ready");
        return service;
    }

    private ProcessBuilder serviceBuilder(String cluster, List<String> options) {
        List<String> command = serviceCommand(cluster, options);
        command.addAll(1, serviceOptions);
        return new ProcessBuilder(command);
    }

    /** What starts a node service that ends with its standard input. */
    static List<String> serviceCommand(String cluster, List<String> options) {
        Path home = home();
        List<String> command = new ArrayList<>(
                List.of(java(), "@" + home.resolve("node.args"), "-cp",
                        home.resolve("lib") + "/*", "io.ddict.manager.NodeMain", "--cluster",
                        cluster, "--parent-pipe"));
        command.addAll(options);
        return command;
    }

    /** Connects this process to a service; closed with this. */
    Cluster connect(String cluster) {
        Cluster connected = Cluster.connect(cluster);
        clusters.add(connected);
        return connected;
    }

    /** Starts a service, and makes a dictionary in it. */
    <K, V> DDict<K, V> create(DDictConfig.Builder config) {
        String cluster = "it-" + number + "-" + (services.size() + 1);
        startService(cluster);
        return connect(cluster).create(config.build());
    }

    /** The process of the newest service that {@link #create} or {@link #startService} started. */
    ChildProcess service() {
        return services.getLast();
    }

    /** Starts a client process: no flags, and nothing on its class path that a client does not need. */
    ChildProcess start(Class<? extends Role> role, String... arguments) {
        return start(List.of(), role, arguments);
    }

    /** Starts a client process with flags that make many of them bearable. */
    ChildProcess start(List<String> flags, Class<? extends Role> role, String... arguments) {
        return add(ChildProcess.start(role.getSimpleName(), clientBuilder(flags, role, arguments)));
    }

    /** Starts a client process whose output the test reads. */
    ChildProcess startBinary(List<String> flags, Class<? extends Role> role, String... arguments) {
        return add(ChildProcess.startBinary(role.getSimpleName(),
                clientBuilder(flags, role, arguments)));
    }

    /** Forgets a child that has ended. */
    void forget(ChildProcess child) {
        assertThat(child.isAlive()).isFalse();
        children.remove(child);
    }

    /** Ends the newest service, which told of an error as it should. */
    void forgetServiceThatFailed() {
        services.getLast().closeInput();
        forgetService();
    }

    /** Ends a service, which told of something as it should. */
    void endServiceThatTold(ChildProcess service, String text) {
        service.closeInput();
        service.awaitEnd();
        assertThat(service.errorText()).contains(text);
        services.remove(service);
    }

    /** Forgets the newest service, which was not to come up. */
    void forgetService() {
        services.removeLast().awaitEnd();
    }

    /** Processes that carry the directory's name, this one's children or not. */
    List<ProcessHandle> processes() {
        byte[] variable =
                (DIRECTORY_VARIABLE + "=" + directory + "\0").getBytes(StandardCharsets.UTF_8);
        String wanted = new String(variable, StandardCharsets.ISO_8859_1);
        return ProcessHandle.allProcesses()
                .filter(process -> text(process.pid(), "environ").contains(wanted))
                .toList();
    }

    /** Node services among {@link #processes}. */
    List<ProcessHandle> serviceProcesses() {
        return processes().stream()
                .filter(process -> text(process.pid(), "cmdline")
                        .contains("io.ddict.manager.NodeMain"))
                .toList();
    }

    /** Directories of all pools that are there; files of links may come and go meanwhile. */
    List<Path> pools() {
        List<Path> pools = new ArrayList<>();
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (file.endsWith("status")) {
                        pools.add(file.getParent());
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e)
                        throws IOException {
                    return goneIsFine(e);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pools.sort(null);
        return pools;
    }

    private static FileVisitResult goneIsFine(IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }

    /** Checks every invariant of all pools whose service runs; nobody writes meanwhile. */
    void verifyPools() {
        List<ChildProcess> alive = services.stream().filter(ChildProcess::isAlive).toList();
        if (!alive.isEmpty()) {
            pools().forEach(pool -> verifyLive(alive, pool));
        }
    }

    /** Ends everything; fails if a client still ran, a pool is damaged or a file is left. */
    @Override
    public void close() throws IOException {
        List<ChildProcess> alive = children.stream().filter(ChildProcess::isAlive).toList();
        try {
            alive.forEach(ChildProcess::kill);
            alive.forEach(ChildProcess::awaitEnd);
            verifyPools();
            clusters.forEach(Cluster::close);
            services.forEach(ChildProcess::closeInput);
            for (ChildProcess service : services) {
                service.awaitEnd();
                assertThat(service.errorText()).as("errors of %s", service).isEmpty();
            }
            assertThat(alive).as("children that the test left running").isEmpty();
            assertThat(processes()).as("processes that somebody left running").isEmpty();
            assertThat(leftovers()).as("files left").isEmpty();
        } finally {
            restoreProperty();
            processes().forEach(ProcessHandle::destroyForcibly);
            FileTree.remove(directory);
        }
    }

    /** What lies in the user's directory but for the lock file of the sweep. */
    List<Path> leftovers() {
        Path user = userDirectory();
        if (!Files.exists(user)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(user)) {
            return entries.filter(entry -> !entry.endsWith("sweep.lock")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Checks a pool at rest, which it is once everything posted is applied. */
    static PoolReport verify(Path pool) {
        try {
            return PoolVerifier.verify(pool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Services stand still meanwhile: what they do by themselves when idle must not be half done.
    private static void verifyLive(List<ChildProcess> services, Path pool) {
        PoolReport[] report = new PoolReport[1];
        boolean clean = Await.holdsWithin(Duration.ofSeconds(5), () -> {
            awaitApplied(services.getFirst(), pool);
            services.forEach(ChildProcess::stop);
            try {
                report[0] = verify(pool);
            } finally {
                services.forEach(ChildProcess::resume);
            }
            return report[0].isClean() && report[0].posted() == 0;
        });
        assertThat(clean).as("%s: %s", pool, report[0].text()).isTrue();
    }

    private static void awaitApplied(ChildProcess service, Path pool) {
        try (MappedPool mapped = MappedPool.openAsClient(pool)) {
            Await.until(
                    TIMEOUT,
                    () -> "everything applied: tail=" + mapped.ring().tail() + ", applied="
                            + mapped.status().applied() + service.errorText(),
                    () -> mapped.ring().tail() == mapped.status().applied());
        }
    }

    private ChildProcess add(ChildProcess child) {
        children.add(child);
        return child;
    }

    private ProcessBuilder clientBuilder(
            List<String> flags, Class<? extends Role> role, String... arguments) {
        return inDirectory(new ProcessBuilder(clientCommand(flags, role, arguments)));
    }

    /** What starts a client process; see {@link #start}. */
    static List<String> clientCommand(
            List<String> flags, Class<? extends Role> role, String... arguments) {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(flags);
        command.add("-Dddict.home=" + home());
        command.addAll(
                List.of("-cp", clientClassPath(), ChildMain.class.getName(), role.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private ProcessBuilder inDirectory(ProcessBuilder builder) {
        builder.environment().put(DIRECTORY_VARIABLE, directory.toString());
        return builder;
    }

    private void restoreProperty() {
        if (earlierDirectory == null) {
            System.clearProperty(DIRECTORY_PROPERTY);
        } else {
            System.setProperty(DIRECTORY_PROPERTY, earlierDirectory);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    // What the client's artifact brings along, and these tests.
    private static String clientClassPath() {
        List<String> entries = new ArrayList<>();
        for (String entry : List
                .of(System.getProperty("java.class.path").split(File.pathSeparator, -1))) {
            String name = Path.of(entry).getFileName().toString();
            if (CLIENT_JARS.stream().anyMatch(name::startsWith)
                    || entry.endsWith("/client/target/classes")
                    || entry.endsWith("/store/target/classes")
                    || Path.of(entry).equals(testClasses())) {
                entries.add(entry);
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static Path home() {
        String set = System.getProperty("ddict.home");
        return set == null ? testClasses().resolveSibling("node") : Path.of(set);
    }

    private static Path testClasses() {
        try {
            return Path
                    .of(Machine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(long pid, String file) {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc/" + pid, file));
            return new String(bytes, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
