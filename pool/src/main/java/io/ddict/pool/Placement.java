package io.ddict.pool;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a policy comes to among the nodes there are.
 *
 * @param environment variables that tell which GPUs to use
 */
record Placement(
        List<Integer> cpus, List<Integer> gpus, Map<String, String> environment) {
    /**
     * Places a member of a group, or a process that is the only one of its kind.
     *
     * @throws IllegalArgumentException if a host, or a GPU, is not there
     */
    static Placement of(Policy policy, List<Node> nodes, int member, int count) {
        Policy complete = policy.over(Policy.DEFAULTS);
        Node node = node(complete, nodes, member, count);
        List<Integer> gpus = orEmpty(complete.gpus());
        return new Placement(
                orEmpty(complete.cpus()), gpus,
                gpus.isEmpty()
                        ? Map.of()
                        : Map.of(vendor(complete, node, gpus).variable(), text(gpus)));
    }

    /** Whether a policy comes to the same on whatever nodes there are. */
    static boolean needsNodes(Policy policy) {
        return policy.host() != null
                || policy.gpuVendor() == null && !orEmpty(policy.gpus()).isEmpty();
    }

    private static Node node(Policy policy, List<Node> nodes, int member, int count) {
        String host = policy.host();
        Policy.Distribution distribution = policy.distribution();
        if (host == null && distribution != null) {
            return nodes.get(distribution.node(member, count, nodes.size()));
        }
        return nodes.stream()
                .filter(each -> each.host().equals(host))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such host: host=" + host + ", hosts="
                                + nodes.stream().map(Node::host).toList()
                                + "; choose from System.nodes()"));
    }

    private static GpuVendor vendor(Policy policy, Node node, List<Integer> gpus) {
        GpuVendor chosen = policy.gpuVendor();
        GpuVendor found = node.gpuVendor();
        if (chosen != null) {
            return chosen;
        }
        if (found == null || !node.gpus().containsAll(gpus)) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "no such GPU on this node: gpus=%s, found=%s, host=%s; choose from"
                            + " Node.gpus(), or name a vendor by Policy.withGpuVendor",
                    gpus, node.gpus(), node.host()));
        }
        return found;
    }

    private static String text(List<Integer> gpus) {
        return gpus.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static List<Integer> orEmpty(@Nullable List<Integer> numbers) {
        return numbers == null ? List.of() : numbers;
    }
}
