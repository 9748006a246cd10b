package io.ddict.examples;

import io.ddict.pool.GpuVendor;
import io.ddict.pool.Policy;
import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.System;
import io.ddict.pool.sync.DQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A group whose members are placed: a trainer for each GPU, which sees no other, and an executable on each
 * CPU, which the kernel keeps there. On a machine without GPUs it is told of two that do not exist.
 *
 * <p>{@code ./ddict run io.ddict.examples.Placement}
 */
final class Placement {
    private Placement() {}

    static void main(String[] arguments) {
        List<Policy> gpus = gpus();
        DQueue<String> seen = DQueue.create();
        // snippet: placement-group
        ProcessTemplate trainer = ProcessTemplate.of(() -> seen.put(visibleGpus()));
        ProcessTemplate loader = ProcessTemplate
                .executable("grep", "Cpus_allowed_list", "/proc/self/status")
                .label("[loader] ");
        try (ProcessGroup group = ProcessGroup.builder()
                .add(gpus, trainer)
                .add(System.current().cpuPolicies(), loader)
                .build()) {
            group.start();
            group.join();
        }
        // end
        List<String> found = new ArrayList<>();
        seen.drainTo(found);
        found.stream().sorted().forEach(each -> IO.println("[trainer] GPU " + each));
        List<String> wanted = gpus.stream().map(Placement::numbers).sorted().toList();
        if (!found.stream().sorted().toList().equals(wanted)) {
            throw new IllegalStateException("trainers see other GPUs than " + wanted);
        }
    }

    private static List<Policy> gpus() {
        List<Policy> found = System.current().gpuPolicies();
        if (!found.isEmpty()) {
            return found;
        }
        IO.println("no GPU found: two are made up");
        Policy nvidia = Policy.ANY.withGpuVendor(GpuVendor.NVIDIA);
        return List.of(nvidia.withGpus(0), nvidia.withGpus(1));
    }

    /** Runs in a trainer: what its libraries would look at. */
    private static String visibleGpus() {
        return Stream.of(GpuVendor.values())
                .map(vendor -> java.lang.System.getenv(vendor.variable()))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("none");
    }

    private static String numbers(Policy policy) {
        return policy.gpus().stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
