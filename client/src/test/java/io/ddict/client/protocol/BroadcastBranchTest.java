package io.ddict.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictFullException;
import io.ddict.client.protocol.BroadcastStop.Place;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The tree by which a broadcast spreads, and what travels of it. */
class BroadcastBranchTest {
    private static final int NODES_MAX = 300;

    @Test
    void reachesEachNodeOnceInAsFewStepsAsTwoCopiesAllow() {
        for (int count = 0; count <= NODES_MAX; count++) {
            List<BroadcastStop> stops = stops(count);
            List<BroadcastStop> reached = new ArrayList<>();
            int steps = pass(0, BroadcastBranch.of(stops), reached);
            assertThat(reached).containsExactlyInAnyOrderElementsOf(stops);
            // log2(count + 1), rounded down.
            int expected = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(count + 1);
            assertThat(steps).isEqualTo(expected);
        }
    }

    // The longest way, in steps.
    private static int pass(
            int depth, List<BroadcastBranch> branches, List<BroadcastStop> reached) {
        assertThat(branches).hasSizeLessThanOrEqualTo(BroadcastBranch.COPIES_MAX);
        int steps = 0;
        for (BroadcastBranch branch : branches) {
            assertThat(branch.depth()).isEqualTo(depth);
            reached.add(branch.head());
            steps = Math.max(steps, 1 + pass(depth + 1, branch.below(), reached));
        }
        return steps;
    }

    @Test
    void namesTheManagersOfAllItsNodes() {
        BroadcastBranch branch = new BroadcastBranch(0, stops(3));
        assertThat(branch.managers()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(branch.below()).extracting(BroadcastBranch::managers)
                .containsExactly(List.of(2, 3), List.of(4, 5));
    }

    @Test
    void comesBackFromItsBytesAndFromNoOthers() {
        BroadcastBranch branch = new BroadcastBranch(7, stops(5));
        byte[] bytes = branch.bytes();
        assertThat(BroadcastBranch.of(bytes)).isEqualTo(branch);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> BroadcastBranch.of(cut))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> BroadcastBranch.of(new BroadcastBranch(0, List.of()).bytes()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("broadcast is malformed");
    }

    @Test
    void tellsOutcomesWithTheirErrors() throws IOException {
        Map<Integer, BroadcastOutcome> outcomes = new LinkedHashMap<>();
        outcomes.put(0, BroadcastOutcome.STORED);
        outcomes.put(5, BroadcastOutcome.NOT_SENT);
        outcomes.put(2, BroadcastOutcome.failed(new DDictFullException("no room")));
        byte[] bytes = Fields.bytes(out -> BroadcastOutcome.write(out, outcomes));
        Map<Integer, BroadcastOutcome> read = read(bytes);
        assertThat(read).containsOnlyKeys(0, 5, 2)
                .containsEntry(0, BroadcastOutcome.STORED)
                .containsEntry(5, BroadcastOutcome.NOT_SENT);
        assertThat(read.get(2).failure())
                .isInstanceOf(DDictFullException.class).hasMessage("no room");
        bytes[2 * Integer.BYTES] = 9;
        assertThatThrownBy(() -> read(bytes)).isInstanceOf(IOException.class);
    }

    private static Map<Integer, BroadcastOutcome> read(byte[] bytes) throws IOException {
        return BroadcastOutcome.read(new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    private static List<BroadcastStop> stops(int count) {
        return IntStream.range(0, count)
                .mapToObj(node -> new BroadcastStop(
                        new NodeAddress("node-" + node, 1 + node),
                        List.of(new Place(2 * node, -node), new Place(2 * node + 1, node))))
                .toList();
    }
}
