package io.ddict.pool;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a policy comes to among the nodes there are.
 *
 * @param node which of them, by its index
 * @param environment variables that tell which GPUs to use
 */
record Placement(
        int node, List<Integer> cpus, List<Integer> gpus, Map<String, String> environment) {
    /**
     * Places a member of a group, or a process that is the only one of its kind.
     *
     * @throws IllegalArgumentException if a host, or a GPU, is not there
     */
    static Placement of(Policy policy, List<Node> nodes, int member, int count) {
        Policy complete = policy.over(Policy.DEFAULTS);
        int index = index(complete, nodes, member, count);
        Node node = nodes.get(index);
        List<Integer> gpus = orEmpty(complete.gpus());
        return new Placement(
                index, orEmpty(complete.cpus()), gpus,
                gpus.isEmpty()
                        ? Map.of()
                        : Map.of(vendor(complete, node, gpus).variable(), text(gpus)));
    }

    /** Whether a policy comes to nothing without what the nodes have. */
    static boolean needsFacts(Policy policy) {
        return policy.gpuVendor() == null && !orEmpty(policy.gpus()).isEmpty();
    }

    private static int index(Policy policy, List<Node> nodes, int member, int count) {
        String host = policy.host();
        Policy.Distribution distribution = policy.distribution();
        if (host == null && distribution != null) {
            return distribution.node(member, count, nodes.size());
        }
        return IntStream.range(0, nodes.size())
                .filter(index -> nodes.get(index).host().equals(host))
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
