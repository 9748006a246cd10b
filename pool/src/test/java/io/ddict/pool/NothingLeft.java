package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/*
 * Everything that a node service starts carries its cluster's name in its environment, so what belongs
 * to a test can be told from all else on the machine.
 */

/** After each test no process is left of this JVM's system, and no file but the service's own. */
public final class NothingLeft implements AfterEachCallback {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @Override
    public void afterEach(ExtensionContext context) {
        String cluster = NodeProcess.home().cluster();
        awaitNoProcess(cluster);
        try (Cluster connected = Cluster.connect(cluster)) {
            connected.dictionaries()
                    .forEach(each -> connected.attach(each, AttachOptions.DEFAULTS).destroy());
        }
        assertThat(files(cluster)).allMatch(
                each -> each.endsWith(RuntimeDirectory.SOCKET)
                        || each.endsWith(RuntimeDirectory.LOCK));
    }

    /** Waits until no process of a cluster's runs, but for its service. */
    public static void awaitNoProcess(String cluster) {
        await("end of all processes of " + cluster, () -> processes(cluster).isEmpty());
    }

    /** Waits until something is so. */
    public static void await(String what, BooleanSupplier condition) {
        long endNs = java.lang.System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            if (java.lang.System.nanoTime() - endNs > 0) {
                fail("did not come about within " + TIMEOUT + ": " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** Processes that carry a cluster's name. */
    static List<ProcessHandle> processes(String cluster) {
        String wanted = NodeProcess.CLUSTER_VARIABLE + "=" + cluster + "\0";
        return ProcessHandle.allProcesses()
                .filter(each -> text(each.pid(), "environ").contains(wanted))
                .toList();
    }

    /** Whether a process runs; one that nobody has reaped does not. */
    static boolean isRunning(long processId) {
        String stat = text(processId, "stat");
        return !stat.isEmpty() && stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    }

    /** Files in a cluster's folder. */
    static List<Path> files(String cluster) {
        Path folder = RuntimeDirectory.ofCluster(cluster);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(long processId, String file) {
        try {
            return new String(
                    Files.readAllBytes(Path.of("/proc/" + processId, file)),
                    StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
