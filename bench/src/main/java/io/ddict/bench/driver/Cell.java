package io.ddict.bench.driver;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/*
 * A cell's order of events:
 *
 *   INSERT, each round after a clear    verified, every byte
 *   OVERWRITE, BATCH_PUT                verified, every byte
 *   gets and views                      stamps checked in the loops
 *   latency rounds; reader beside writers
 *                                       verified, every byte
 *
 * Warm-up goes on until the rate of two rounds in a row is nearly the same, and the compiler has
 * hardly worked in the later one. It tells how fast the store is, too: a peer that cannot insert its
 * keys in the time for it gets fewer of them, or a server would take hours for what others do in a
 * minute. Fewer keys are to its advantage; reports tell how many it had.
 */

/** Measures one peer with one number of clients and one value length. One thread. */
final class Cell {
    private final Plan plan;
    private final Pace pace;
    private final Peer peer;
    private final Clients clients;
    private final int warmupsMin;
    private final Results results;
    private final CpuMeter meter = new CpuMeter();
    private Shape shape;
    private double insertRate;

    Cell(Plan plan, Peer peer, Shape shape, Clients clients, int warmupsMin, Results results) {
        this.plan = plan;
        this.pace = plan.pace();
        this.peer = peer;
        this.shape = shape;
        this.clients = clients;
        this.warmupsMin = warmupsMin;
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
        double overheadNs = clients.open(service.address(), shape);
        measureRounds(Phase.INSERT);
        clients.verify();
        for (Phase phase : plan.workload().phases(shape.valueLength())) {
            whileFrozen(phase, () -> measureRounds(phase));
            if (phase.writes()) {
                clients.verify();
            }
        }
        if (plan.workload().isTimed()) {
            for (Phase phase : plan.workload().timed()) {
                whileFrozen(phase, () -> measureLatencies(phase));
            }
            // Nothing keeps a bare copy from being read while it is written.
            if (clients.count() > 1 && !peer.isLimit()) {
                measureBesideWriter();
            }
            clients.verify();
        }
        clients.closeStores();
        return overheadNs;
    }

    private void whileFrozen(Phase phase, Runnable rounds) {
        if (!phase.isFrozen()) {
            rounds.run();
        } else if (peer.name().equals(Peers.DDICT)) {
            clients.freeze();
            try {
                rounds.run();
            } finally {
                unfreeze();
            }
        }
        // No other store can be frozen: its figures would be those of the phase that is not.
    }

    private void unfreeze() {
        try {
            clients.unfreeze();
        } catch (IllegalStateException e) {
            // A client that failed in a round has said why; nobody uses this store any more.
            results.note("not unfrozen: peer=" + peer.name() + ": " + e.getMessage());
        }
    }

    private void measureRounds(Phase phase) {
        long deadlineNs = System.nanoTime() + pace.phaseNs();
        warmUp(deadlineNs, phase == Phase.INSERT
                ? this::insertToWarmUp
                : () -> clients.run(order(phase)));
        for (int round = 0; round < pace.rounds(); round++) {
            if (round > 0 && System.nanoTime() - deadlineNs > 0) {
                return;
            }
            if (phase == Phase.INSERT) {
                clients.clear();
            }
            meter.start();
            List<Outcome> outcomes = clients.run(order(phase));
            results.add(Throughput.of(this, phase, round, outcomes, meter.foreignCpus()));
        }
    }

    private void warmUp(long deadlineNs, Supplier<List<Outcome>> rounds) {
        double last = 0;
        for (int done = 0; done < pace.warmupsMax(warmupsMin); done++) {
            List<Outcome> outcomes = rounds.get();
            double rate = rate(outcomes);
            boolean steady = Math.abs(rate - last) < Pace.STEADY_SHARE * last
                    && isCompiled(outcomes);
            boolean late = System.nanoTime() - deadlineNs > 0;
            if (late || steady && done + 1 >= warmupsMin) {
                return;
            }
            last = rate;
        }
    }

    private static boolean isCompiled(List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            long wallNs = outcome.endNs() - outcome.startNs();
            if (outcome.compilationNs() > Pace.STEADY_SHARE * wallNs) {
                return false;
            }
        }
        return true;
    }

    private List<Outcome> insertToWarmUp() {
        clients.clear();
        Order order = Order.untimed(Phase.INSERT, pace.insertWarmupNs(), 1);
        List<Outcome> outcomes = clients.run(order);
        insertRate = Math.max(insertRate, rate(outcomes));
        if (!peer.name().equals(Peers.DDICT)) {
            useKeysFor(insertRate);
        }
        return outcomes;
    }

    private void useKeysFor(double opsPerSecond) {
        long keys = (long) (opsPerSecond * pace.insertNs() / 1e9);
        Shape all = plan.shape(shape.valueLength(), clients.count());
        Shape used = keys >= all.keysMax()
                ? all
                : plan.shape(shape.valueLength(), clients.count(), keys);
        if (used.keysMax() != shape.keysMax()) {
            clients.clear();
            clients.useKeys(used.keysMax());
            shape = used;
        }
    }

    private Order order(Phase phase) {
        if (phase == Phase.INSERT) {
            return Order.untimed(phase, 0, 1);
        }
        return Order.untimed(phase, pace.roundNs(), phase.writes() ? Plan.putsMin(peer, shape) : 1);
    }

    private void measureLatencies(Phase phase) {
        Order warmup = Order.timed(phase, pace.roundNs(), 0);
        warmUp(System.nanoTime() + pace.phaseNs(), () -> clients.run(warmup));
        for (double opsPerSecond : plan.workload().rates()) {
            Order order = Order.timed(phase, pace.latencyNs(), opsPerSecond);
            meter.start();
            List<Outcome> outcomes = clients.run(order);
            results.add(Latency.of(
                    this, phase.label(), opsPerSecond, outcomes, meter.foreignCpus()));
        }
    }

    /** The first client reads, the others write as fast as they can. */
    private void measureBesideWriter() {
        Order write = Order.untimed(Phase.OVERWRITE, pace.latencyNs(), 1);
        Order read = Order.timed(Phase.INTO_RANDOM, pace.latencyNs(), 0);
        Function<ClientProcess, Order> orders = client -> client.number() == 0 ? read : write;
        clients.run(orders);
        meter.start();
        List<Outcome> reader = clients.run(orders).subList(0, 1);
        results.add(Latency.of(this, Latency.BESIDE_WRITER, 0, reader, meter.foreignCpus()));
    }

    private static double rate(List<Outcome> outcomes) {
        double rate = 0;
        for (Outcome outcome : outcomes) {
            rate += outcome.ops() * 1e9 / (outcome.endNs() - outcome.startNs());
        }
        return rate;
    }
}
