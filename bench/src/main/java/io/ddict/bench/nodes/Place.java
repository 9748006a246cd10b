package io.ddict.bench.nodes;

import io.ddict.bench.peers.JavaCommand;
import io.ddict.bench.peers.LocalPorts;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a benchmark.
 *
 * @param nodes those of the dictionary and of its clients, this process's first; none if there is just
 *     this machine
 * @param service the one for the stores, if their clients are all on this process's
 */
public record Place(List<RunNode> nodes, Optional<RunNode> service) {
    /** This machine, for everything. */
    public static final Place HERE = new Place(List.of(), Optional.empty());

    /**
     * Chooses from the nodes of the {@code ddict run} that this process is in.
     *
     * @param count how many; null for all there are
     * @param serviceHost host of the node for the stores; null if they are not to be away
     * @throws IllegalArgumentException if there are not so many, or none of that name
     */
    public static Place of(@Nullable Integer count, @Nullable String serviceHost) {
        List<RunNode> all = RunNode.all();
        List<String> hosts = all.stream().map(RunNode::host).toList();
        if (serviceHost != null) {
            RunNode service = all.stream()
                    .filter(each -> each.host().equals(serviceHost))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "no such host in this run: serviceHost=" + serviceHost + ", hosts="
                                    + hosts + "; name it in ddict run --hosts"));
            return new Place(List.of(), Optional.of(service));
        }
        int most = Math.max(1, all.size());
        int wanted = count == null ? most : count;
        if (wanted < 1 || wanted > most) {
            throw new IllegalArgumentException(
                    "not so many nodes: nodes=" + wanted + ", most=" + most + ", hosts=" + hosts
                            + "; ddict run --hosts gives it more");
        }
        return wanted == 1 ? HERE : new Place(all.subList(0, wanted), Optional.empty());
    }

    /** Nodes that a dictionary is spread over. */
    public int dictionaryNodes() {
        return Math.max(1, nodes.size());
    }

    /** Starts a client: as a child of this process, or on the nodes by turns. */
    public Child startClient(int number, List<String> command) throws IOException {
        if (nodes.isEmpty()) {
            return LocalChild.start(command);
        }
        return NodeChild.start(nodes.get(number % nodes.size()).host(), command);
    }

    /** Starts a JVM on the node for the stores; servers that it starts listen at that node's address. */
    public Child startService(Class<?> mainClass, String... arguments) throws IOException {
        RunNode node = service.orElseThrow();
        List<String> command = JavaCommand.of(
                List.of("-D" + LocalPorts.HOST_PROPERTY + "=" + node.address()), _ -> true,
                mainClass, arguments);
        return NodeChild.start(node.host(), command);
    }
}
