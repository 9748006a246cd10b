package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where processes run. */
@ExtendWith(NothingLeft.class)
class PolicyIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    // Of the shell itself: what it starts would have the same.
    private static final ProcessTemplate AFFINITY = ProcessTemplate
            .executable("grep", "Cpus_allowed_list", "/proc/self/status").stdout(Redirect.PIPE);
    private static final ProcessTemplate GPUS = ProcessTemplate
            .executable("sh", "-c", "echo $CUDA_VISIBLE_DEVICES/$ZE_AFFINITY_MASK")
            .stdout(Redirect.PIPE);

    @Test
    void tellsWhatANodeHas() {
        Node node = System.current().primaryNode();

        assertThat(System.current().nodes()).hasSize(1);
        assertThat(node.host()).isNotEmpty();
        assertThat(node.cpus()).hasSize(Runtime.getRuntime().availableProcessors());
        assertThat(node.memoryLength()).isGreaterThan(1L << 30);
        assertThat(node.gpus()).hasSameSizeAs(System.current().gpuPolicies());
        assertThat(System.current().cpuPolicies()).containsExactlyElementsOf(
                node.cpus().stream()
                        .map(cpu -> Policy.onHost(node.host()).withCpus(cpu))
                        .toList());
        assertThat(System.current().hostPolicies()).containsExactly(Policy.onHost(node.host()));
    }

    @Test
    void bindsToCpus() throws IOException {
        List<Integer> cpus = System.current().primaryNode().cpus();
        int last = cpus.getLast();

        assertThat(output(AFFINITY.policy(Policy.onCpus(last)))).endsWith("\t" + last);
        // What was bound for a moment is not bound any more.
        assertThat(output(AFFINITY)).endsWith("\t" + text(cpus));
    }

    private static String text(List<Integer> cpus) {
        return cpus.size() == 1
                ? cpus.getFirst().toString()
                : cpus.getFirst() + "-" + cpus.getLast();
    }

    @Test
    void countsWhatIsSharedAndAllowsIt() {
        int cpu = System.current().primaryNode().cpus().getFirst();
        ProcessTemplate sleeper = ProcessTemplate.executable("sleep", "100").policy(
                Policy.onCpus(cpu).withGpus(1).withGpuVendor(GpuVendor.NVIDIA));
        Process first = Process.start(sleeper);
        assertThat(System.current().primaryNode().sharedCpus()).isZero();
        Process second = Process.start(sleeper);

        Node node = System.current().primaryNode();
        assertThat(node.processes()).isEqualTo(2);
        assertThat(node.sharedCpus()).isEqualTo(1);
        assertThat(node.sharedGpus()).isEqualTo(1);
        assertThat(node.oversubscription()).isEqualTo(Math.max(0, 2 - node.cpus().size()));
        assertThat(first.kill()).isTrue();
        assertThat(second.kill()).isTrue();
        assertThat(first.join(TIMEOUT) + second.join(TIMEOUT)).isEqualTo(2 * 137);
        assertThat(System.current().primaryNode().processes()).isZero();
    }

    @Test
    void tellsGpusByTheirVendorsVariable() throws IOException {
        assertThat(output(GPUS.policy(
                Policy.onGpus(0, 2).withGpuVendor(GpuVendor.NVIDIA)))).isEqualTo("0,2/");
        assertThat(output(GPUS.policy(
                Policy.onGpus(1).withGpuVendor(GpuVendor.INTEL)))).isEqualTo("/1");
        assertThat(output(GPUS.policy(
                Policy.onGpus(1).withGpuVendor(GpuVendor.NVIDIA))
                .environment("CUDA_VISIBLE_DEVICES", "7"))).isEqualTo("7/");
    }

    @Test
    void putsTheExplicitPolicyBeforeTheTemplatesAndThatBeforeTheScopes() throws IOException {
        Policy nvidia = Policy.ANY.withGpuVendor(GpuVendor.NVIDIA);
        assertThat(nvidia.withGpus(1).scope(() -> output(GPUS))).isEqualTo("1/");
        assertThat(nvidia.withGpus(1).scope(() -> Policy.onGpus(2).scope(() -> output(GPUS))))
                .isEqualTo("2/");
        assertThat(nvidia.withGpus(1).scope(() -> output(GPUS.policy(Policy.onGpus(3)))))
                .isEqualTo("3/");
        assertThat(nvidia.scope(() -> output(
                Process.start(GPUS.policy(Policy.onGpus(3)), Policy.onGpus(4)))))
                .isEqualTo("4/");
        assertThat(output(GPUS)).isEqualTo("/");
    }

    @Test
    void takesAScopeAlongWithAGroup() {
        ProcessGroup group = Policy.onGpus(5).withGpuVendor(GpuVendor.NVIDIA)
                .scope(() -> ProcessGroup.builder()
                        .add(2, ProcessTemplate.executable("sh", "-c",
                                "exit $CUDA_VISIBLE_DEVICES"))
                        .add(List.of(Policy.onGpus(6)), ProcessTemplate.executable("sh", "-c",
                                "exit $CUDA_VISIBLE_DEVICES"))
                        .ignoreErrorOnExit(true)
                        .build());
        group.start();
        group.join(TIMEOUT);

        assertThat(group.inactive()).extracting(ProcessGroup.Inactive::exitCode)
                .containsExactlyInAnyOrder(5, 5, 6);
    }

    @Test
    void refusesWhatIsNotThere() {
        refused(Policy.onHost("nowhere"), "no such host: host=nowhere, hosts=[");
        refused(Policy.onCpus(4095), "no such CPU on this node: cpu=4095");
        refused(Policy.onGpus(4095), "no such GPU on this node: gpus=[4095]");
        assertThatThrownBy(() -> Policy.onCpus(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("number of a CPU or GPU is negative: cpus=[-1]");
    }

    private static void refused(Policy policy, String text) {
        assertThatThrownBy(() -> Process.start(GPUS, policy))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    private static String output(ProcessTemplate template) {
        return output(Process.start(template));
    }

    private static String output(Process process) {
        try {
            String text =
                    new String(process.stdout().readAllBytes(), StandardCharsets.UTF_8).strip();
            assertThat(process.join(TIMEOUT)).isZero();
            return text;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
