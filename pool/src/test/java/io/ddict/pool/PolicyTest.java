package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.pool.Policy.Distribution;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What policies come to, on nodes that are not there. */
class PolicyTest {
    private static final List<Node> NODES = List.of(node("a"), node("b"), node("c"));

    private static Node node(String host) {
        return new Node(host, List.of(0, 1), 1 << 30, GpuVendor.AMD, List.of(0, 1), 0, 0, 0);
    }

    @Test
    void spreadsMembersInTurnOrInBlocks() {
        assertThat(IntStream.range(0, 7)
                .map(each -> Distribution.ROUND_ROBIN.node(each, 7, 3)))
                .containsExactly(0, 1, 2, 0, 1, 2, 0);
        assertThat(IntStream.range(0, 7).map(each -> Distribution.BLOCK.node(each, 7, 3)))
                .containsExactly(0, 0, 0, 1, 1, 2, 2);
        assertThat(Distribution.BLOCK.node(0, 1, 3)).isZero();
    }

    @Test
    void leavesToOthersOnlyWhatItSaysNothingAbout() {
        Policy merged = Policy.onCpus(1).over(Policy.onHost("b").withCpus(0).withGpus(1))
                .over(Policy.DEFAULTS);

        assertThat(merged)
                .isEqualTo(
                        new Policy("b", Distribution.ROUND_ROBIN, List.of(1), List.of(1), null));
        assertThat(Policy.onGpus().over(Policy.onGpus(1)).gpus()).isEmpty();
    }

    @Test
    void takesTheVendorOfTheNode() {
        assertThat(Placement.of(Policy.onGpus(0, 1), NODES, 0, 1).environment())
                .isEqualTo(Map.of("ROCR_VISIBLE_DEVICES", "0,1"));
        assertThat(Placement.of(
                Policy.onGpus(1).withGpuVendor(GpuVendor.NVIDIA), NODES, 0, 1).environment())
                .isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", "1"));
        assertThat(Placement.of(Policy.ANY, NODES, 0, 1).environment()).isEmpty();
    }
}
