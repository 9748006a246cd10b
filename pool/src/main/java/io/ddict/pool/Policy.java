package io.ddict.pool;

import java.io.Serializable;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * What one policy leaves open, the next in line decides: the one given at the start, the template's, the
 * group's, those of the scopes around the call from the inside out, and at last: any node, round-robin.
 */

/**
 * Where a process runs. Immutable; what it says nothing about, a policy behind it decides: see {@link
 * #over}.
 *
 * @param host name of the host; null leaves it open
 * @param distribution how the members of a group are spread over the nodes; null leaves it open
 * @param cpus numbers of the CPUs that the process is bound to; null leaves it open, empty is all
 * @param gpus numbers of the GPUs that the process is told to use; null leaves it open, empty is none
 * @param gpuVendor whose GPUs they are; null means the node's
 */
public record Policy(
        @Nullable String host,
        @Nullable Distribution distribution,
        @Nullable List<Integer> cpus,
        @Nullable List<Integer> gpus,
        @Nullable GpuVendor gpuVendor) implements Serializable {
    /** Leaves everything open. */
    public static final Policy ANY = new Policy(null, null, null, null, null);

    /** What holds where nothing else is said: any node, in turn, all CPUs, no GPUs. */
    public static final Policy DEFAULTS =
            new Policy(null, Distribution.ROUND_ROBIN, List.of(), List.of(), null);

    private static final ScopedValue<Policy> SCOPE = ScopedValue.newInstance();

    /** How the members of a group are spread over the nodes. */
    public enum Distribution {
        /** One member on each node, then the next on each. */
        ROUND_ROBIN,
        /** The first node gets the first members, as many as its share. */
        BLOCK;

        /** The node of a member of {@code count}, among {@code nodes}; both by their index. */
        int node(int member, int count, int nodes) {
            return this == ROUND_ROBIN
                    ? member % nodes
                    : (int) ((long) member * nodes / Math.max(1, count));
        }
    }

    /** Checks and copies the lists. */
    public Policy {
        cpus = checked("cpus", cpus);
        gpus = checked("gpus", gpus);
    }

    private static @Nullable List<Integer> checked(
            String name, @Nullable List<Integer> numbers) {
        if (numbers == null) {
            return null;
        }
        if (numbers.stream().anyMatch(each -> each < 0)) {
            throw new IllegalArgumentException(
                    "number of a CPU or GPU is negative: " + name + "=" + numbers);
        }
        return List.copyOf(numbers);
    }

    /** On the host of this name, one of {@link System#nodes}. */
    public static Policy onHost(String host) {
        return ANY.withHost(host);
    }

    /** Bound to these CPUs, of {@link Node#cpus}. */
    public static Policy onCpus(int... cpus) {
        return ANY.withCpus(cpus);
    }

    /** Told to use these GPUs, of {@link Node#gpus}. */
    public static Policy onGpus(int... gpus) {
        return ANY.withGpus(gpus);
    }

    /** The same on a host. */
    public Policy withHost(String chosen) {
        return new Policy(chosen, distribution, cpus, gpus, gpuVendor);
    }

    /** The same with another distribution. */
    public Policy withDistribution(Distribution chosen) {
        return new Policy(host, chosen, cpus, gpus, gpuVendor);
    }

    /** The same bound to CPUs. */
    public Policy withCpus(int... chosen) {
        return new Policy(
                host, distribution, IntStream.of(chosen).boxed().toList(), gpus, gpuVendor);
    }

    /** The same with GPUs. */
    public Policy withGpus(int... chosen) {
        return new Policy(
                host, distribution, cpus, IntStream.of(chosen).boxed().toList(), gpuVendor);
    }

    /**
     * The same with GPUs of a vendor: its environment variable is set whether this library finds such
     * GPUs or not.
     */
    public Policy withGpuVendor(GpuVendor chosen) {
        return new Policy(host, distribution, cpus, gpus, chosen);
    }

    /** This policy, and for what it leaves open the other one. */
    public Policy over(Policy other) {
        return new Policy(
                host != null ? host : other.host,
                distribution != null ? distribution : other.distribution,
                cpus != null ? cpus : other.cpus,
                gpus != null ? gpus : other.gpus,
                gpuVendor != null ? gpuVendor : other.gpuVendor);
    }

    /**
     * Runs something with this policy for the processes that it starts, in this thread: behind those of
     * groups and templates, before that of a scope around this one.
     */
    public <T extends @Nullable Object> T scope(Supplier<T> body) {
        return ScopedValue.where(SCOPE, over(scoped())).call(body::get);
    }

    /** As {@link #scope(Supplier)}, without a result. */
    public void scope(Runnable body) {
        ScopedValue.where(SCOPE, over(scoped())).run(body);
    }

    /** What the scopes around this call say. */
    static Policy scoped() {
        return SCOPE.orElse(ANY);
    }
}
