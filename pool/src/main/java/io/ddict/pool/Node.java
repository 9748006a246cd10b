package io.ddict.pool;

import io.ddict.client.protocol.NodeFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine of the system, as it was when it was asked. Nothing is reserved: processes may share CPUs
 * and GPUs, and the figures tell how many do.
 *
 * @param host name of the host
 * @param cpus numbers of the CPUs that processes may be bound to
 * @param memoryLength memory in bytes
 * @param gpuVendor whose GPUs they are; null if none was found
 * @param gpus numbers of the GPUs
 * @param processes processes that this library started, and that run
 * @param sharedCpus CPUs that more than one of these is bound to by a policy
 * @param sharedGpus GPUs that more than one of these is told to use
 */
public record Node(
        String host,
        List<Integer> cpus,
        long memoryLength,
        @Nullable GpuVendor gpuVendor,
        List<Integer> gpus,
        int processes,
        int sharedCpus,
        int sharedGpus) {
    static Node of(NodeFacts facts) {
        return new Node(
                facts.host(), facts.cpus(), facts.memoryLength(),
                facts.gpuVendor().isEmpty() ? null : GpuVendor.valueOf(facts.gpuVendor()),
                facts.gpus(), facts.processes(), facts.sharedCpus(), facts.sharedGpus());
    }

    /** Processes beyond one for each CPU. */
    public int oversubscription() {
        return Math.max(0, processes - cpus.size());
    }
}
