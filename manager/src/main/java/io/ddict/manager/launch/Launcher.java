package io.ddict.manager.launch;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.NodeFacts;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.ProcessOrder.End;
import io.ddict.client.protocol.ProcessOrder.Target;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.protocol.TlsSettings;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * Processes by number, those that run and the last ones that ended, so that somebody who comes late can
 * still learn how. A name belongs to the process that has it while it runs; afterwards it may be used
 * again, and means the newest that had it.
 */

/** Starts and ends processes for the clients of a node service. Safe from any thread. */
public final class Launcher implements AutoCloseable {
    /** How long a process has between SIGTERM and SIGKILL. */
    public static final Duration PATIENCE = Duration.ofSeconds(2);

    /** How many processes are remembered after their end. */
    public static final int ENDED_MAX = 256;

    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration START_PATIENCE = Duration.ofSeconds(10);
    private static final long WAIT_MS = 100;

    private final String cluster;
    private final NodeScan node;
    private final Spawner spawner = new Spawner();
    private final TreeMap<Long, LaunchedProcess> processes = new TreeMap<>();
    private final Map<Long, String> starting = new HashMap<>();
    private long nextNumber;
    private boolean closed;

    /** For the service of a cluster. */
    public Launcher(String cluster, String host) {
        this.cluster = cluster;
        this.node = new NodeScan(host);
    }

    /** What one client may ask for. */
    public ProcessSession session(Frames frames) {
        return new ProcessSession(this, frames);
    }

    /**
     * Starts a process.
     *
     * @param ranks the group that it is a rank of; null for none
     * @throws IllegalArgumentException if the order cannot be carried out as it is
     */
    LaunchedProcess start(
            ProcessSession owner, ProcessOrder order, @Nullable RankGroup ranks)
            throws IOException {
        long number;
        String name;
        synchronized (this) {
            checkOpen();
            number = nextNumber++;
            name = order.name().isEmpty() ? "process-" + number : order.name();
            reserve(number, name);
        }
        try {
            ProcessBuilder builder = builder(number, order, ranks);
            Process process = spawner.start(builder, order.cpus());
            if (order.input().end() == End.NOTHING) {
                closeQuietly(process.getOutputStream());
            }
            LaunchedProcess started = new LaunchedProcess(
                    number, name, node.host(), order, process, spawner.ownsGroup(), owner);
            if (ranks != null) {
                ranks.started(order.rank().number(), started);
            }
            add(started);
            return started;
        } finally {
            synchronized (this) {
                starting.remove(number);
                notifyAll();
            }
        }
    }

    private void reserve(long number, String name) {
        LaunchedProcess known = find(name);
        if (starting.containsValue(name) || known != null && known.isAlive()) {
            throw new IllegalArgumentException(
                    "a process of this name runs: name=" + name
                            + "; choose another, or let it be generated");
        }
        starting.put(number, name);
    }

    private void add(LaunchedProcess started) {
        synchronized (this) {
            processes.put(started.number(), started);
        }
        Thread.ofVirtual().name("ddict-process-" + started.number()).start(() -> {
            try {
                started.awaitEnd();
                dropOldest();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        if (isClosed()) {
            end(List.of(started));
        }
    }

    private synchronized void dropOldest() {
        List<LaunchedProcess> ended =
                processes.values().stream().filter(each -> !each.isAlive()).toList();
        for (int i = 0; i < ended.size() - ENDED_MAX; i++) {
            processes.remove(ended.get(i).number());
        }
    }

    /** The process of a number, or null. Where all CPUs are busy, it may ask before it is known. */
    synchronized @Nullable LaunchedProcess find(long number) {
        try {
            long endNs = System.nanoTime() + START_PATIENCE.toNanos();
            while (starting.containsKey(number) && System.nanoTime() < endNs) {
                wait(WAIT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return processes.get(number);
    }

    /** The newest process of a name, or null. */
    synchronized @Nullable LaunchedProcess find(String name) {
        return processes.descendingMap().values().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** All that run, and those that ended last, by their number. */
    synchronized List<LaunchedProcess> all() {
        return List.copyOf(processes.values());
    }

    /** Whether a process runs that was started with a text in its command, such as that of a file. */
    public boolean isNamed(String text) {
        return all().stream()
                .filter(LaunchedProcess::isAlive)
                .anyMatch(each -> each.order().command().stream()
                        .anyMatch(argument -> argument.contains(text)));
    }

    /** What this node has. */
    NodeFacts facts() {
        return node.facts(
                all().stream().filter(LaunchedProcess::isAlive).map(LaunchedProcess::order)
                        .toList());
    }

    /** Ends processes: SIGTERM, and SIGKILL to those that take longer than {@link #PATIENCE}. */
    void end(Collection<LaunchedProcess> ended) {
        ended.forEach(LaunchedProcess::discardOutput);
        ended.forEach(each -> each.signal(Kernel.SIGTERM));
        if (!awaitEnds(ended, PATIENCE)) {
            ended.forEach(each -> each.signal(Kernel.SIGKILL));
            boolean _ = awaitEnds(ended, KILL_TIMEOUT);
        }
    }

    private static boolean awaitEnds(Collection<LaunchedProcess> ended, Duration timeout) {
        long endNs = System.nanoTime() + timeout.toNanos();
        try {
            for (LaunchedProcess each : ended) {
                if (!each.awaitEnd(Duration.ofNanos(endNs - System.nanoTime()))) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ends all processes, and starts no more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        end(all().stream().filter(LaunchedProcess::isAlive).toList());
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void checkOpen() {
        if (closed) {
            throw new DDictException(
                    UNAVAILABLE, "node service ends, and starts no process: cluster=" + cluster);
        }
    }

    // Who ordered the process may be on another machine, with the secret and certificates in another place.
    private static void useOwnSecret(Map<String, String> environment) {
        TlsSettings.putInto(environment);
        String file = ClusterSecret.named();
        if (file == null) {
            environment.remove(ClusterSecret.FILE_VARIABLE);
        } else {
            environment.put(ClusterSecret.FILE_VARIABLE, file);
        }
    }

    private ProcessBuilder builder(
            long number, ProcessOrder order, @Nullable RankGroup ranks) {
        node.checkCpus(order.cpus());
        Path directory = directory(order);
        Path executable = Executables.find(
                order.command().getFirst(), directory, order.environment().get("PATH"));
        List<String> command = new ArrayList<>(order.command());
        command.set(0, executable.toString());
        ProcessBuilder builder =
                new ProcessBuilder(ranks == null ? command : ranks.command(command))
                        .directory(directory.toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(order.environment());
        environment.put(NodeProcess.CLUSTER_VARIABLE, cluster);
        environment.put(RuntimeDirectory.VARIABLE, RuntimeDirectory.parent());
        useOwnSecret(environment);
        environment.put(ProcessOrder.NUMBER_VARIABLE, Long.toString(number));
        if (ranks != null) {
            ranks.prepare(environment, order.rank().number());
        }
        if (order.input().end() == End.FILE) {
            builder.redirectInput(readable(directory, order.input()));
        }
        builder.redirectOutput(redirect(directory, order.output()));
        if (order.errors().end() == End.OUTPUT) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(redirect(directory, order.errors()));
        }
        return builder;
    }

    private static Path directory(ProcessOrder order) {
        Path directory = Path.of(order.directory());
        if (Files.isDirectory(directory)) {
            return directory;
        }
        if (order.isDirectoryNeeded()) {
            throw new IllegalArgumentException(
                    "working directory is not there: directory=" + directory
                            + "; create it, or choose another by the template's directory");
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static File readable(Path directory, Target target) {
        Path file = directory.resolve(target.file());
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new IllegalArgumentException(
                    "file for standard input cannot be read: file=" + file
                            + "; create it, or make it readable");
        }
        return file.toFile();
    }

    private static Redirect redirect(Path directory, Target target) {
        return switch (target.end()) {
            case LAUNCHER, PIPE -> Redirect.PIPE;
            case NOTHING -> Redirect.DISCARD;
            case FILE -> Redirect.appendTo(writable(directory.resolve(target.file())));
            case OUTPUT -> throw new IllegalArgumentException(
                    "only standard error can go where standard output goes");
        };
    }

    private static File writable(Path file) {
        try (OutputStream probe = Files.newOutputStream(
                file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            probe.flush();
            return file.toFile();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "redirect target cannot be written: file=" + file + ", cause=" + e
                            + "; create its folder, or choose another file",
                    e);
        }
    }

    private static void closeQuietly(OutputStream pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // It has ended already.
        }
    }
}
