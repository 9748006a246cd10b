package io.ddict.manager.launch;

import com.sun.management.OperatingSystemMXBean;
import io.ddict.client.protocol.NodeFacts;
import io.ddict.client.protocol.ProcessOrder;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/*
 * Nothing is reserved: two processes may be bound to one CPU or told of one GPU. It is counted, so that
 * who wonders about the time can see it.
 */

/** What this machine has, and how much of it is asked for more than once. */
final class NodeScan {
    private final String host;

    NodeScan(String host) {
        this.host = host;
    }

    String host() {
        return host;
    }

    /**
     * Refuses CPUs that this service may not use.
     *
     * @throws IllegalArgumentException naming those that it may
     */
    void checkCpus(List<Integer> wanted) {
        if (!wanted.isEmpty()) {
            List<Integer> there = Cpus.ALLOWED;
            for (int cpu : wanted) {
                if (!there.contains(cpu)) {
                    throw new IllegalArgumentException(
                            "no such CPU on this node: cpu=" + cpu + ", host=" + host + ", cpus="
                                    + there + "; choose from System.nodes().cpus()");
                }
            }
        }
    }

    /** The facts, as of now. */
    NodeFacts facts(List<ProcessOrder> running) {
        GpuScan.Found gpus = GpuScan.of(Path.of("/"));
        return new NodeFacts(
                host, Cpus.ALLOWED, memoryLength(), gpus.vendor(), gpus.numbers(), running.size(),
                shared(running, ProcessOrder::cpus), shared(running, ProcessOrder::gpus));
    }

    private static long memoryLength() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }

    private static int shared(
            List<ProcessOrder> running, Function<ProcessOrder, List<Integer>> wanted) {
        Set<Integer> once = new HashSet<>();
        Set<Integer> more = new HashSet<>();
        for (ProcessOrder order : running) {
            for (Integer each : new HashSet<>(wanted.apply(order))) {
                if (!once.add(each)) {
                    more.add(each);
                }
            }
        }
        return more.size();
    }

    /** Asked for once, and only if somebody wants to know. */
    private static final class Cpus {
        static final List<Integer> ALLOWED = Kernel.affinity();
    }
}
