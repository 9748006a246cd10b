package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    private final List<TestNode> nodes = new ArrayList<>();

    @AfterEach
    void closeAll() throws IOException {
        for (TestNode each : nodes) {
            each.close();
        }
    }

    @Test
    void servesAClusterOfOne() throws IOException {
        long startNs = System.nanoTime();
        TestNode first = node();
        System.out.println("founded in " + (System.nanoTime() - startNs) / 1_000_000 + "ms");

        Listing listing = first.group.claim("orders", List.of(1), new byte[]{7}, TIMEOUT);

        assertThat(first.group.holdsLease()).isTrue();
        assertThat(first.group.state().dictionaries()).containsExactly(listing);
        first.group.release("orders", TIMEOUT);
        assertThat(first.group.refreshed(TIMEOUT).dictionaries()).isEmpty();
    }

    @Test
    void growsToThreePeersWithThreeNodes() throws Exception {
        node();
        node();
        node();
        await(() -> peers().size() == 3);
        assertThat(
                nodes.get(2).group.claim("orders", List.of(1, 2, 3), new byte[0], TIMEOUT).seats())
                .containsExactly(1, 2, 3);
    }

    private List<?> peers() {
        return nodes.getFirst().group.peers();
    }

    private TestNode node() throws IOException {
        Path directory = folder.resolve("n" + nodes.size());
        TestNode made =
                nodes.isEmpty()
                        ? TestNode.found(TestNode.settings(directory))
                        : TestNode.join(
                                TestNode.settings(directory), nodes.getFirst().address());
        nodes.add(made);
        return made;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long endNs = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(endNs);
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }
}
