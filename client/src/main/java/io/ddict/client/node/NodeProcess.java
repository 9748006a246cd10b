package io.ddict.client.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.RuntimeDirectory;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * A node service as a child of this process. The child reads the pipe on its standard input and ends
 * when that ends, which the kernel sees to however this process ends. Its first line on standard
 * output says that it is ready; what it writes to standard error goes to this process's.
 */

/** Starts node services: one embedded in this JVM, or detached ones. */
public final class NodeProcess {
    /**
     * Environment variable that names the cluster that a program belongs to: that of the node service
     * which started it, or of {@code ddict run}.
     */
    public static final String CLUSTER_VARIABLE = "DDICT_CLUSTER";

    /** System property of programs that names a file of loaded classes, for the Java processes they start. */
    public static final String START_CACHE_PROPERTY = "ddict.start.cache";

    private static final Duration END_TIMEOUT = Duration.ofSeconds(3);
    private static final String READY = "ready";

    private static @Nullable NodeConnection embedded;
    private static @Nullable NodeConnection home;

    private NodeProcess() {}

    /**
     * The connection to the node service that this program belongs to: the one of the cluster that the
     * system property {@code ddict.cluster} or the variable {@link #CLUSTER_VARIABLE} names, else {@link
     * #embedded() its own}.
     *
     * @throws DDictException with status UNAVAILABLE if it does not run, or cannot be started
     */
    public static synchronized NodeConnection home() {
        String property = System.getProperty("ddict.cluster");
        String cluster = property != null ? property : System.getenv(CLUSTER_VARIABLE);
        return cluster == null || cluster.isEmpty() ? embedded() : home(cluster);
    }

    // A JVM that ends waits 0.3 s for a thread that reads a socket, unless that is closed.
    private static NodeConnection home(String cluster) {
        NodeConnection connection = NodeConnection.shared(cluster);
        if (connection != home) {
            home = connection;
            Runtime.getRuntime().addShutdownHook(new Thread(connection::close));
        }
        return connection;
    }

    /**
     * The connection to this JVM's own node service, which is started on the first call and again if
     * it was lost. It ends with this JVM.
     *
     * @throws DDictException with status UNAVAILABLE if it cannot be started
     */
    public static synchronized NodeConnection embedded() {
        NodeConnection current = embedded;
        if (current == null || current.isLost()) {
            String cluster =
                    "embedded-"
                            + ProcessHandle.current().pid()
                            + "-"
                            + UUID.randomUUID().toString().substring(0, 8);
            current = embedded(cluster, launch(cluster, List.of("--parent-pipe")));
            embedded = current;
        }
        return current;
    }

    private static NodeConnection embedded(String cluster, Process child) {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(child)));
            return NodeConnection.shared(cluster);
        } catch (RuntimeException e) {
            end(child);
            throw e;
        }
    }

    /**
     * Starts a service that outlives this process and returns the connection to it.
     *
     * @throws DDictException with status UNAVAILABLE if it cannot be started or the name is in use
     */
    public static NodeConnection detached(String cluster) {
        Process child = launch(cluster, List.of());
        closeQuietly(child.getOutputStream());
        return NodeConnection.connect(cluster);
    }

    private static Process launch(String cluster, List<String> arguments) {
        List<String> command = NodeInstallation.find().command();
        command.add("--cluster");
        command.add(cluster);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put(RuntimeDirectory.VARIABLE, RuntimeDirectory.parent());
        if (arguments.isEmpty()) {
            builder.directory(new File("/"));
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        } else {
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        try {
            Process child = builder.start();
            awaitReady(child, cluster);
            return child;
        } catch (IOException e) {
            throw new DDictException(
                    UNAVAILABLE, "node service cannot be started: command=" + command, e);
        }
    }

    private static void awaitReady(Process child, String cluster) throws IOException {
        BufferedReader output = child.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        if (line == null || !line.startsWith(READY)) {
            child.destroyForcibly();
            throw new DDictException(
                    UNAVAILABLE,
                    "node service did not start: cluster="
                            + cluster
                            + ", said="
                            + (line == null ? "nothing" : line));
        }
    }

    private static void end(Process child) {
        closeQuietly(child.getOutputStream());
        try {
            if (!child.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                child.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void closeQuietly(OutputStream pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // The pipe's other end is gone already, which is what closing it is for.
        }
    }
}
