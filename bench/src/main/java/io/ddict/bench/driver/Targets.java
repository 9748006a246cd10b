package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/*
 * D1  small values, one client: to the best peer of the run; at four clients not much under what one
 *     and two get
 * D2  large values: to the copy limit of the run, for the same number of clients
 * D3  latencies
 * D4  small values, one client: to each server of the run; batches: to the better way to Redis
 * D5  off the node: to a bare socket between the same two nodes, in the same run
 * D7  bytes that a client allocates for each put, and get into its own array
 *
 * A target whose figures were not measured in this run is left out.
 */

/** Compares results with the targets of MISSION.md. */
final class Targets {
    private static final int TINY_LENGTH = 8;
    private static final int SMALL_LENGTH_MAX = 1 << 10;
    private static final double INSERT_RATIO = 1.2;
    private static final double OVERWRITE_RATIO = 2;
    private static final double GET_RATIO = 3;
    private static final double COLLAPSE_RATIO = 0.8;
    private static final double COPY_RATIO = 0.9;
    private static final double REDIS_RATIO = 25;
    private static final double GRID_RATIO = 100;
    private static final double REDIS_BATCH_RATIO = 3;
    private static final String REDIS_UNIX_SOCKET = "redis-uds";
    private static final List<String> REDIS = List.of(REDIS_UNIX_SOCKET, "redis-tcp");
    private static final List<String> GRIDS = List.of("hazelcast", "ignite");
    private static final double SOCKET_RATIO = 0.9;
    private static final double PING_PONG_RATIO = 1 / 1.3;
    private static final double GET_P50_NS = 200;
    private static final double GET_P99_NS = 1_000;
    private static final double GET_RANDOM_P50_NS = 500;
    private static final double GET_BESIDE_WRITER_P99_NS = 20_000;
    private static final double PUT_GET_P50_NS = 2_000;
    private static final double VIEW_P50_NS = 150;
    // A background thread's odd bytes are no allocation per operation.
    private static final double ALLOCATED_PER_OP = 0.5;
    private static final long ALLOCATION_OPS_MIN = 1_000;
    private static final long RANDOM_KEYS_MIN = 900_000;

    private final Results results;
    private final List<String> competitors;
    private final List<String> limits;
    private final List<Target> targets = new ArrayList<>();

    Targets(Results results) {
        this.results = results;
        this.limits = results.peers().stream().filter(name -> Peers.named(name).isLimit()).toList();
        this.competitors = results.peers().stream()
                .filter(name -> !name.equals(Peers.DDICT) && !Peers.named(name).isLimit())
                .toList();
    }

    /** All targets that the throughputs of this run have figures for. */
    List<Target> evaluate() {
        for (int valueLength : results.valueLengths()) {
            if (valueLength <= SMALL_LENGTH_MAX) {
                smallValues(valueLength);
            } else if (valueLength >= Workload.LARGE_LENGTH) {
                results.clientCounts().forEach(clients -> largeValues(valueLength, clients));
            }
            allocation(valueLength);
        }
        return targets;
    }

    /** All targets that the throughputs of a run with its stores on another node have figures for. */
    List<Target> evaluateOffNode() {
        for (int valueLength : results.valueLengths()) {
            for (Phase phase : List.of(Phase.OVERWRITE, Phase.INTO_RANDOM)) {
                if (valueLength >= Workload.LARGE_LENGTH) {
                    ratio("D5", phase, 1, valueLength, limits, SOCKET_RATIO);
                } else if (valueLength == TINY_LENGTH) {
                    ratio("D5", phase, 1, valueLength, limits, PING_PONG_RATIO);
                }
            }
        }
        return targets;
    }

    /** All targets that the latencies of this run have figures for. */
    List<Target> evaluateLatencies() {
        latency(Phase.INTO_HOT.label(), 1, 50, GET_P50_NS);
        latency(Phase.INTO_HOT.label(), 1, 99, GET_P99_NS);
        latency(Phase.INTO_RANDOM.label(), 1, 50, GET_RANDOM_P50_NS);
        latency(Phase.PUT_GET.label(), 1, 50, PUT_GET_P50_NS);
        latency(Latency.BESIDE_WRITER, 2, 99, GET_BESIDE_WRITER_P99_NS);
        latency(Phase.VIEW_HOT.label(), 1, 50, VIEW_P50_NS);
        latency(Phase.FROZEN_VIEW_HOT.label(), 1, 50, VIEW_P50_NS);
        return targets;
    }

    private void smallValues(int valueLength) {
        ratio("D1", Phase.OVERWRITE, 1, valueLength, competitors, OVERWRITE_RATIO);
        ratio("D1", Phase.INSERT, 1, valueLength, competitors, INSERT_RATIO);
        ratio("D1", Phase.INTO_HOT, 1, valueLength, competitors, GET_RATIO);
        ratio("D1", Phase.INTO_RANDOM, 1, valueLength, competitors, GET_RATIO);
        for (int clients : List.of(1, 2)) {
            collapse(Phase.OVERWRITE, clients, valueLength);
            collapse(Phase.INTO_RANDOM, clients, valueLength);
        }
        servers(valueLength);
    }

    private void servers(int valueLength) {
        for (Phase phase : List.of(Phase.OVERWRITE, Phase.INTO_RANDOM)) {
            ratio("D4", phase, 1, valueLength, List.of(REDIS_UNIX_SOCKET), REDIS_RATIO);
            GRIDS.forEach(grid -> ratio("D4", phase, 1, valueLength, List.of(grid), GRID_RATIO));
        }
        ratio("D4", Phase.BATCH_PUT, 1, valueLength, REDIS, REDIS_BATCH_RATIO);
    }

    private void largeValues(int valueLength, int clients) {
        ratio("D2", Phase.OVERWRITE, clients, valueLength, limits, COPY_RATIO);
        ratio("D2", Phase.INSERT, clients, valueLength, limits, COPY_RATIO);
        ratio("D2", Phase.INTO_RANDOM, clients, valueLength, limits, COPY_RATIO);
    }

    private void ratio(
            String id,
            Phase phase,
            int clients,
            int valueLength,
            List<String> others,
            double limit) {
        Optional<Throughput> ours = median(Peers.DDICT, clients, valueLength, phase);
        Optional<Throughput> best = others.stream()
                .flatMap(other -> median(other, clients, valueLength, phase).stream())
                .max(Comparator.comparingDouble(Throughput::opsPerSecond));
        if (ours.isPresent() && best.isPresent()) {
            targets.add(new Target(
                    id,
                    what(phase.label(), clients, valueLength),
                    ours.get().opsPerSecond() / best.get().opsPerSecond(),
                    true,
                    limit,
                    "x",
                    Figures.rate(ours.get()) + " to " + best.get().peer() + " "
                            + Figures.rate(best.get())));
        }
    }

    /** Compares the sums of what four clients and fewer reach each, as more take turns at the cores. */
    private void collapse(Phase phase, int clients, int valueLength) {
        Optional<Throughput> few = median(Peers.DDICT, clients, valueLength, phase);
        Optional<Throughput> four = median(Peers.DDICT, 4, valueLength, phase);
        if (few.isPresent() && four.isPresent()) {
            double fewSum = few.get().opsPerSecondSum();
            double fourSum = four.get().opsPerSecondSum();
            targets.add(new Target(
                    "D1",
                    what(phase.label(), 4, valueLength) + ", to P=" + clients,
                    fourSum / fewSum,
                    true,
                    COLLAPSE_RATIO,
                    "x",
                    Figures.count(fourSum) + " to " + Figures.count(fewSum)));
        }
    }

    private void latency(String phase, int clients, int percentile, double limitNs) {
        Optional<Latency> latency = results.latency(Peers.DDICT, clients, TINY_LENGTH, phase);
        boolean tooFewKeys = phase.equals(Phase.INTO_RANDOM.label())
                && latency.isPresent()
                && latency.get().keys() < RANDOM_KEYS_MIN;
        if (latency.isPresent() && !tooFewKeys) {
            Latency measured = latency.get();
            targets.add(new Target(
                    "D3",
                    what(phase, clients, TINY_LENGTH) + " p" + percentile,
                    (percentile == 50 ? measured.p50Ns() : measured.p99Ns()) / 1e3,
                    false,
                    limitNs / 1e3,
                    "us",
                    "p50 " + Figures.time(measured.p50Ns()) + ", p99 "
                            + Figures.time(measured.p99Ns()) + ", p99.9 "
                            + Figures.time(measured.p999Ns())));
        }
    }

    private void allocation(int valueLength) {
        for (Phase phase : List.of(Phase.OVERWRITE, Phase.INTO_RANDOM)) {
            median(Peers.DDICT, 1, valueLength, phase)
                    .filter(measured -> measured.ops() >= ALLOCATION_OPS_MIN)
                    .ifPresent(measured -> targets.add(new Target(
                            "D7",
                            what(phase.label(), 1, valueLength) + " allocated",
                            measured.allocatedPerOp(),
                            false,
                            ALLOCATED_PER_OP,
                            "B/op",
                            measured.ops() + " operations")));
        }
    }

    private Optional<Throughput> median(String peer, int clients, int valueLength, Phase phase) {
        return results.median(peer, clients, valueLength, phase.label());
    }

    private static String what(String phase, int clients, int valueLength) {
        return phase + ", " + Figures.length(valueLength) + ", P=" + clients;
    }
}
