package io.ddict.pool;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Has a pool, and then a process on each node, tell what they find on their class paths. With a further jar
 * as argument it puts that in place of its own, and does the same again.
 */
final class ShippedProgram {
    static final List<String> RESOURCES = List.of("version", "dependency", "folder");
    private static final int TASKS = 60;
    private static final long PAUSE_NS = 10_000_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private ShippedProgram() {}

    public static void main(String[] arguments) throws Exception {
        tell("first");
        if (arguments.length > 0) {
            Path own = Path.of(ShippedProgram.class.getProtectionDomain().getCodeSource()
                    .getLocation().toURI());
            Files.move(Path.of(arguments[0]), own, StandardCopyOption.REPLACE_EXISTING);
            tell("second");
        }
    }

    private static void tell(String turn) {
        List<String> hosts = System.current().nodes().stream().map(Node::host).toList();
        try (DDict<String, Boolean> seen = DDict.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).build());
                WorkerPool pool = WorkerPool.create(hosts.size())) {
            List<Integer> tasks = IntStream.range(0, TASKS).boxed().toList();
            new TreeSet<>(pool.map(tasks, each -> untilAllAreSeen(seen, hosts.size()), 1))
                    .forEach(each -> java.lang.System.out.println(turn + " pool " + each));
            seen.destroy();
        }
        for (String host : hosts) {
            Process process = Process.start(
                    ProcessTemplate.of(ShippedProgram::found), Policy.onHost(host));
            java.lang.System.out.println(turn + " process " + process.<String>result(TIMEOUT));
        }
    }

    // A worker that starts late gets a task, too.
    private static String untilAllAreSeen(DDict<String, Boolean> seen, int count)
            throws Exception {
        seen.put(host(), true);
        while (seen.size() < count) {
            LockSupport.parkNanos(PAUSE_NS);
        }
        return found();
    }

    private static String host() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }

    private static String found() throws IOException {
        StringBuilder text = new StringBuilder(host());
        for (String name : RESOURCES) {
            try (InputStream in = ShippedProgram.class.getResourceAsStream("/" + name)) {
                text.append(' ').append(in == null
                        ? "no-" + name
                        : new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return text + " in " + Path.of("").toAbsolutePath() + ", sent: " + sent();
    }

    private static long sent() throws IOException {
        Path folder = RuntimeDirectory
                .ofCluster(java.lang.System.getenv(NodeProcess.CLUSTER_VARIABLE))
                .resolve(".classes");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }
}
