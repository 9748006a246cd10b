package io.ddict.client.protocol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;

/**
 * What a node has, as its service tells.
 *
 * @param host name of the machine
 * @param cpus numbers of the CPUs that the service may use
 * @param memoryLength the machine's memory in bytes
 * @param gpuVendor who made the GPUs; empty if there are none
 * @param gpus numbers of the GPUs
 * @param processes processes that run now, of those that the service started
 * @param sharedCpus CPUs that more than one of them is bound to
 * @param sharedGpus GPUs that more than one of them is meant to use
 */
public record NodeFacts(
        String host,
        List<Integer> cpus,
        long memoryLength,
        String gpuVendor,
        List<Integer> gpus,
        int processes,
        int sharedCpus,
        int sharedGpus) {
    /** Writes it. */
    public void write(DataOutputStream out) throws IOException {
        Fields.writeText(out, host);
        Fields.writeNumbers(out, cpus);
        out.writeLong(memoryLength);
        Fields.writeText(out, gpuVendor);
        Fields.writeNumbers(out, gpus);
        out.writeInt(processes);
        out.writeInt(sharedCpus);
        out.writeInt(sharedGpus);
    }

    /** Reads it. */
    public static NodeFacts read(DataInputStream in) throws IOException {
        return new NodeFacts(
                Fields.readText(in), Fields.readNumbers(in), in.readLong(), Fields.readText(in),
                Fields.readNumbers(in), in.readInt(), in.readInt(), in.readInt());
    }
}
