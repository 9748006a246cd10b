package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.jmh.NodeArguments;
import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import io.ddict.bench.peers.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SweepTest {
    private static final Pace PACE =
            new Pace(0, 1, TimeUnit.MILLISECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(1));

    private final List<String> told = new ArrayList<>();

    @Test
    void goesOnAfterAPeerThatFails() {
        FailingPeer failing = new FailingPeer(new IOException("no room"), Optional.empty());

        Results results = run(List.of(failing, Peers.named("copy")), List.of(8, 16));

        assertThat(results.failures())
                .hasSize(2)
                .allMatch(failure -> failure.reason().contains("no room"))
                .noneMatch(Failure::isWrongContent);
        assertThat(results.isFailed("failing")).isTrue();
        assertThat(results.isFailed("copy")).isFalse();
        assertThat(results.median("copy", 1, 16, "overwrite")).isPresent();
        assertThat(told).anyMatch(line -> line.startsWith("cell failed: peer=failing, clients=1"));
    }

    @Test
    void leavesOutTheOtherLengthsOfAPeerThatFailedTwice() {
        FailingPeer failing = new FailingPeer(new IOException("no room"), Optional.empty());

        Results results = run(List.of(failing), List.of(8, 16, 32));

        assertThat(results.failures()).hasSize(2);
        assertThat(results.notes()).containsExactly(
                "left out after failures: peer=failing, clients=1");
    }

    @Test
    void tellsOnceWhyAPeerCannotRunHere() {
        FailingPeer missing =
                new FailingPeer(new IOException("never"), Optional.of("install it so"));

        Results results = run(List.of(missing), List.of(8, 16));

        assertThat(results.failures()).isEmpty();
        assertThat(results.notes()).containsExactly("left out: peer=failing: install it so");
        assertThat(told).hasSize(1);
    }

    @Test
    void tellsWrongContentFromOtherFailures() {
        FailingPeer wrong =
                new FailingPeer(new WrongContentException("wrong byte"), Optional.empty());

        Results results = run(List.of(wrong), List.of(8));

        assertThat(results.failures()).allMatch(Failure::isWrongContent);
        assertThat(told).anyMatch(line -> line.startsWith("wrong content: peer=failing"));
    }

    private Results run(List<Peer> peers, List<Integer> valueLengths) {
        Plan plan = new Plan(
                peers, valueLengths, List.of(1), 1, Place.HERE, 100, 1 << 20,
                Workload.of(List.of(Phase.OVERWRITE)), PACE);
        Launcher launcher = new Launcher(NodeArguments.file());
        return new Sweep(plan, launcher, new HashMap<>(), _ -> {}, told::add).run();
    }

    private record FailingPeer(Exception failure, Optional<String> reason) implements Peer {
        @Override
        public String name() {
            return "failing";
        }

        @Override
        public String description() {
            return "fails when it starts";
        }

        @Override
        public Optional<String> obstacle(Shape shape) {
            return reason;
        }

        @Override
        public Service start(Shape shape) throws IOException {
            if (failure instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IOException(failure);
        }

        @Override
        public Store attach(String address, Shape shape) {
            throw new IllegalStateException("never started");
        }
    }
}
