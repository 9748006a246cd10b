package io.ddict.pool;

import io.ddict.client.DDictException;
import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeFacts;
import io.ddict.client.protocol.ProcessOrder.Rank;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The nodes that processes run on: those of one cluster. Safe from any thread. */
@SuppressWarnings("AvoidCommonTypeNames") // The field's own word.
public final class System {
    private final NodeConnection connection;

    private System(NodeConnection connection) {
        this.connection = connection;
    }

    /**
     * The system that this program belongs to: that of {@code ddict run} or of whoever started it as a
     * process, else one of its own, whose node service is started as a child of this process if there is
     * none yet.
     *
     * @throws DDictException with status UNAVAILABLE if it does not run, or cannot be started
     */
    public static System current() {
        return new System(NodeProcess.home());
    }

    /**
     * The system of a cluster that runs on this machine, such as by {@code ddict start}.
     *
     * @throws DDictException with status UNAVAILABLE if none of that name runs
     */
    public static System of(String cluster) {
        return new System(NodeConnection.shared(cluster));
    }

    /** Name of the cluster. */
    public String cluster() {
        return connection.cluster();
    }

    /** The nodes, as they are now, that of this program first. */
    public List<Node> nodes() {
        return Members.of(connection).stream().map(this::node).toList();
    }

    private Node node(MemberEntry member) {
        NodeConnection service = Members.connection(connection, member);
        try (DataInputStream answer = service.call(Request.NODE, out -> {})) {
            return Node.of(NodeFacts.read(answer));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Enough of a node to place on it whatever names no GPU; asks nobody.
    private static Node bare(MemberEntry member) {
        return new Node(member.host(), List.of(), 0, null, List.of(), 0, 0, 0);
    }

    /** The node whose service this program is connected to. */
    public Node primaryNode() {
        return node(Members.of(connection).getFirst());
    }

    /** Processes beyond one for each CPU, on all nodes. */
    public int oversubscription() {
        return nodes().stream().mapToInt(Node::oversubscription).sum();
    }

    /** A policy for each node. */
    public List<Policy> hostPolicies() {
        return nodes().stream().map(each -> Policy.onHost(each.host())).toList();
    }

    /** A policy for each CPU of each node. */
    public List<Policy> cpuPolicies() {
        return nodes().stream()
                .flatMap(node -> node.cpus().stream()
                        .map(cpu -> Policy.onHost(node.host()).withCpus(cpu)))
                .toList();
    }

    /** A policy for each GPU of each node. */
    public List<Policy> gpuPolicies() {
        return nodes().stream()
                .flatMap(node -> node.gpus().stream()
                        .map(gpu -> Policy.onHost(node.host()).withGpus(gpu)))
                .toList();
    }

    /**
     * Starts a process.
     *
     * @throws IllegalArgumentException if it cannot be: no such executable, directory, host, CPU or GPU, a
     *     redirect target that cannot be written, a name that is in use
     * @throws DDictException with status UNAVAILABLE if the operating system refuses
     */
    public Process start(ProcessTemplate template) {
        return start(template, Policy.ANY);
    }

    /** The same with a policy that goes before the template's. */
    public Process start(ProcessTemplate template, Policy policy) {
        Policy merged = policy.over(template.policy()).over(Policy.scoped());
        return start(template, place(merged, 0, 1), Rank.NONE);
    }

    /** Where a process runs. */
    record Place(NodeConnection service, Placement placement) {}

    /** Finds a place for a member of {@code count}, by a policy that others were merged into. */
    Place place(Policy merged, int member, int count) {
        List<MemberEntry> members = Members.of(connection);
        List<Node> nodes = members.stream()
                .map(Placement.needsFacts(merged) ? this::node : System::bare)
                .toList();
        Placement placement = Placement.of(merged, nodes, member, count);
        return new Place(
                Members.connection(connection, members.get(placement.node())), placement);
    }

    /** Starts a process at its place. */
    static Process start(ProcessTemplate template, Place place, Rank rank) {
        return Processes.of(place.service()).start(template, place.placement(), rank);
    }

    /**
     * The newest process of a name, of those that run and the 256 on each node that ended last; whoever
     * started it. If nodes have processes of the same name, that of the node nearest to this program.
     */
    public Optional<Process> find(String name) {
        return services()
                .map(each -> Optional.ofNullable(each.find(-1, name)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Processes that run, whoever started them. */
    public List<Process> processes() {
        return services().flatMap(System::running).toList();
    }

    private static Stream<Process> running(Processes service) {
        return service.list().stream()
                .filter(each -> each.end() == null)
                .map(each -> service.find(each.number(), ""))
                .filter(Objects::nonNull);
    }

    private Stream<Processes> services() {
        return Members.of(connection).stream()
                .map(each -> Processes.of(Members.connection(connection, each)));
    }
}
