package io.ddict.bench.driver;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/*
 * A cell's order of events. Every round has a barrier before it: all clients have answered "ready",
 * then all get the same moment on the machine's monotonic clock, a few milliseconds ahead, and spin
 * until it comes. So they start within a microsecond of each other, however the pipes are scheduled.
 *
 *   INSERT, each round after a clear    verified, every byte
 *   OVERWRITE                           verified, every byte
 *   gets and views                      stamps checked in the loops
 *   latency rounds; reader beside writers
 *                                       verified, every byte
 */

/** Measures one peer with one number of clients and one value length. One thread. */
final class Cell {
    // Longer than a line needs through a pipe to a process that sleeps.
    private static final long START_DELAY_NS = 3_000_000;
    // Puts are timed at one rate for all stores, one that those carry which are worth comparing; a
    // slower one at half of what it carries. At full rate one would measure its queue.
    private static final double PUT_RATE = 100_000;
    private static final double PUT_RATE_SHARE = 0.5;

    private final Plan plan;
    private final Peer peer;
    private final Shape shape;
    private final List<ClientProcess> clients;
    private final int warmups;
    private final Results results;
    private final CpuMeter meter = new CpuMeter();

    Cell(
            Plan plan,
            Peer peer,
            Shape shape,
            List<ClientProcess> clients,
            int warmups,
            Results results) {
        this.plan = plan;
        this.peer = peer;
        this.shape = shape;
        this.clients = clients;
        this.warmups = warmups;
        this.results = results;
    }

    Peer peer() {
        return peer;
    }

    Shape shape() {
        return shape;
    }

    /** Measures everything; returns what the loops around an operation cost, in nanoseconds. */
    double run(Service service) {
        service.awaitReady();
        double overheadNs = 0;
        for (ClientProcess client : clients) {
            overheadNs = client.open(service.address(), shape);
        }
        measureRounds(Phase.INSERT);
        verify();
        for (Phase phase : plan.phases(shape.valueLength())) {
            measureRounds(phase);
            if (phase.writes()) {
                verify();
            }
        }
        for (Phase phase : plan.timedPhases(shape.valueLength())) {
            measureLatency(phase);
        }
        // Nothing keeps a bare copy from being read while it is written.
        if (clients.size() > 1 && !peer.isLimit() && plan.isBesideWriterKept()) {
            measureBesideWriter();
        }
        verify();
        clients.forEach(ClientProcess::closeStore);
        return overheadNs;
    }

    private void measureRounds(Phase phase) {
        for (int round = -warmups; round < plan.rounds(); round++) {
            if (phase == Phase.INSERT) {
                clients.getFirst().clear();
            }
            Order order =
                    Order.untimed(phase, plan.roundNs(), phase.writes() ? plan.putsMin(shape) : 1);
            meter.start();
            List<Outcome> outcomes = run(client -> order);
            double foreignCpus = meter.foreignCpus();
            if (round >= 0) {
                results.add(throughput(phase, round, outcomes, foreignCpus));
            }
        }
    }

    private void measureLatency(Phase phase) {
        Order warmup = Order.timed(phase, plan.latencyNs() / 4, 0);
        run(client -> warmup);
        double rate = phase == Phase.OVERWRITE ? putRate() : 0;
        Order order = Order.timed(phase, plan.latencyNs(), rate);
        meter.start();
        List<Outcome> outcomes = run(client -> order);
        results.add(latency(phase.label(), rate, outcomes, meter.foreignCpus()));
    }

    /** The first client reads, the others write as fast as they can. */
    private void measureBesideWriter() {
        Order write = Order.untimed(Phase.OVERWRITE, plan.latencyNs(), 1);
        Order read = Order.timed(Phase.INTO_RANDOM, plan.latencyNs(), 0);
        Function<ClientProcess, Order> orders = client -> client.number() == 0 ? read : write;
        run(orders);
        meter.start();
        List<Outcome> outcomes = run(orders);
        List<Outcome> reader = outcomes.subList(0, 1);
        results.add(latency(Latency.BESIDE_WRITER, 0, reader, meter.foreignCpus()));
    }

    private double putRate() {
        return results
                .median(peer.name(), shape.clients(), shape.valueLength(), Phase.OVERWRITE.label())
                .map(median -> median.opsPerSecond() * PUT_RATE_SHARE / shape.clients())
                .map(rate -> Math.min(rate, PUT_RATE))
                .orElse(PUT_RATE);
    }

    private List<Outcome> run(Function<ClientProcess, Order> orders) {
        for (ClientProcess client : clients) {
            client.prepare(orders.apply(client));
        }
        long startNs = System.nanoTime() + START_DELAY_NS;
        clients.forEach(client -> client.go(startNs));
        List<Outcome> outcomes = new ArrayList<>();
        for (ClientProcess client : clients) {
            outcomes.add(client.awaitOutcome());
        }
        return outcomes;
    }

    private void verify() {
        clients.forEach(ClientProcess::startVerify);
        clients.forEach(ClientProcess::awaitVerified);
    }

    private Throughput throughput(
            Phase phase, int round, List<Outcome> outcomes, double foreignCpus) {
        long ops = 0;
        long startNs = outcomes.getFirst().startNs();
        long endNs = startNs;
        DoubleSummaryStatistics rates = new DoubleSummaryStatistics();
        for (Outcome outcome : outcomes) {
            ops += outcome.ops();
            endNs = Math.max(endNs, outcome.endNs());
            rates.accept(outcome.ops() * 1e9 / (outcome.endNs() - startNs));
        }
        return new Throughput(
                peer.name(),
                shape.clients(),
                shape.valueLength(),
                shape.keysMax(),
                phase.label(),
                round,
                ops,
                endNs - startNs,
                ops * 1e9 / (endNs - startNs),
                rates.getMin(),
                rates.getMax(),
                rates.getSum(),
                allocatedPerOp(outcomes),
                foreignCpus);
    }

    private Latency latency(
            String phase, double rate, List<Outcome> outcomes, double foreignCpus) {
        Histogram all = new Histogram(3);
        for (Outcome outcome : outcomes) {
            Histogram one = outcome.latenciesNs();
            if (one != null) {
                all.add(one);
            }
        }
        return Latency.of(this, phase, rate, all, allocatedPerOp(outcomes), foreignCpus);
    }

    private static double allocatedPerOp(List<Outcome> outcomes) {
        long allocated = outcomes.stream().mapToLong(Outcome::allocatedLength).sum();
        long ops = outcomes.stream().mapToLong(Outcome::ops).sum();
        return (double) allocated / Math.max(1, ops);
    }
}
