package io.ddict.manager.tools.run;

import io.ddict.client.DDictException;
import io.ddict.client.node.Heartbeats;
import io.ddict.client.node.NodeInstallation;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.manager.ListenOptions;
import io.ddict.manager.NodeService;
import io.ddict.manager.allocation.Allocation;
import io.ddict.manager.allocation.StartedNodes;
import io.ddict.manager.allocation.ThisMachine;
import io.ddict.manager.launch.EndsWithParent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The node services of a program on machines other than its own: none if it has one machine. */
public final class OtherNodes implements AutoCloseable {
    // Set where this command was started again on the first machine, whatever that calls itself: to the
    // working directory that it was called in, to its hosts, and to the program's class path as it is there.
    private static final String MOVED_VARIABLE = "DDICT_RUN_MOVED";
    private static final String HOSTS_VARIABLE = "DDICT_RUN_HOSTS";
    private static final String CLASS_PATH_VARIABLE = "DDICT_RUN_CLASS_PATH";
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);
    private static final long JOIN_PAUSE_NS = 10_000_000;

    private final NodeService first;
    private @Nullable StartedNodes started;

    private OtherNodes(NodeService first) {
        this.first = first;
    }

    /** Those that are to join a service; none yet. */
    public static OtherNodes of(NodeService first) {
        return new OtherNodes(first);
    }

    /** Whether this command was started by the same one on another machine. */
    public static boolean isMoved() {
        return System.getenv(MOVED_VARIABLE) != null;
    }

    /** The working directory that this command was called in, on whatever machine. */
    public static Path calledIn() {
        String moved = System.getenv(MOVED_VARIABLE);
        return Path.of(moved == null ? "" : moved).toAbsolutePath();
    }

    /** The hosts that were chosen on another machine; null if this command was called here. */
    public static @Nullable List<String> movedHosts() {
        String hosts = System.getenv(HOSTS_VARIABLE);
        return hosts == null ? null : List.of(hosts.split(","));
    }

    /** The class path that came with this command from another machine; null if none did. */
    static @Nullable String movedClassPath() {
        return System.getenv(CLASS_PATH_VARIABLE);
    }

    /** Lets a process that this command starts know nothing of its having been moved. */
    static void forget(Map<String, String> environment) {
        environment.keySet()
                .removeAll(List.of(MOVED_VARIABLE, HOSTS_VARIABLE, CLASS_PATH_VARIABLE));
    }

    /**
     * Runs this command on the first machine instead, and returns its exit code.
     *
     * @param entries of the program's class path, to be sent there; none to use what is there
     */
    public static int moveTo(Allocation allocation, List<Path> entries)
            throws IOException, InterruptedException {
        if (entries.isEmpty()) {
            return moveTo(allocation, Map.of());
        }
        try (MovedClassPath classPath = MovedClassPath.send(allocation, entries)) {
            return moveTo(allocation, Map.of(CLASS_PATH_VARIABLE, classPath.text()));
        }
    }

    private static int moveTo(Allocation allocation, Map<String, String> variables)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "env",
                MOVED_VARIABLE + "=" + calledIn(),
                HOSTS_VARIABLE + "=" + String.join(",", allocation.hosts())));
        variables.forEach((name, value) -> command.add(name + "=" + value));
        told().forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(ThisMachine.command());
        List<String> whole = new ArrayList<>(EndsWithParent.prefix());
        whole.addAll(allocation.onFirst(command));
        try (ForwardedSignals signals = new ForwardedSignals()) {
            Process process = new ProcessBuilder(whole).inheritIO().start();
            signals.to(process);
            return process.waitFor();
        }
    }

    /** What this process was told by variables or properties, as variables. */
    private static Map<String, String> told() {
        Map<String, String> told = new LinkedHashMap<>(TlsSettings.givenAsVariables());
        putUnlessNull(told, RuntimeDirectory.VARIABLE, RuntimeDirectory.named());
        putUnlessNull(told, ClusterSecret.FILE_VARIABLE, ClusterSecret.named());
        putUnlessNull(told, Heartbeats.VARIABLE, Heartbeats.given());
        return told;
    }

    private static void putUnlessNull(
            Map<String, String> values, String name, @Nullable String value) {
        if (value != null) {
            values.put(name, value);
        }
    }

    /** Starts the service of this machine, which listens for the others if there are any. */
    public static NodeService startFirst(Allocation allocation, String cluster)
            throws IOException {
        List<String> hosts = allocation.hosts();
        if (hosts.size() == 1) {
            return NodeService.start(cluster);
        }
        String own = ThisMachine.addressToward(hosts.get(1), hosts.getFirst());
        return NodeService.start(cluster, ListenOptions.at(new NodeAddress(own, 0)));
    }

    /**
     * Starts the services of the other machines, and waits until all have joined.
     *
     * @throws IOException if one cannot be started
     * @throws DDictException with status UNAVAILABLE if they do not join within 60 s
     */
    public void start(Allocation allocation) throws IOException {
        NodeAddress address = first.address();
        if (address == null) {
            return;
        }
        String secret = Files.readString(ClusterSecret.file(first.cluster())).strip();
        StartedNodes nodes = StartedNodes.start(allocation, command(address), secret);
        started = nodes;
        long endNs = System.nanoTime() + JOIN_TIMEOUT.toNanos();
        int wanted = allocation.hosts().size();
        while (first.hosts().size() < wanted) {
            nodes.check();
            if (System.nanoTime() > endNs) {
                throw new DDictException(
                        DDictException.Status.UNAVAILABLE,
                        "not all nodes have joined: nodes=" + wanted + ", joined=" + first.hosts()
                                + ", timeout=" + JOIN_TIMEOUT.toSeconds() + "s");
            }
            LockSupport.parkNanos(JOIN_PAUSE_NS);
        }
    }

    private List<String> command(NodeAddress address) {
        List<String> command = nodeCommand(first.cluster());
        Map<String, String> properties = new LinkedHashMap<>(TlsSettings.given());
        putUnlessNull(properties, Heartbeats.PROPERTY, Heartbeats.given());
        properties.forEach((name, value) -> command.add(1, "-D" + name + "=" + value));
        command.addAll(List.of("--parent-pipe", "--join", address.toString()));
        return command;
    }

    /** The command of a service on another machine; further arguments follow. */
    static List<String> nodeCommand(String cluster) {
        List<String> command = NodeInstallation.find().command();
        String parent = RuntimeDirectory.named();
        if (parent != null) {
            command.add(1, "-D" + RuntimeDirectory.PROPERTY + "=" + parent);
        }
        command.addAll(List.of("--cluster", cluster));
        return command;
    }

    /** Ends them. */
    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
