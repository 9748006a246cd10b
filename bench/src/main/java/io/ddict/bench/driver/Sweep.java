package io.ddict.bench.driver;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/*
 * A peer that fails in a cell ends no run: others may have run for half an hour before. Its clients
 * are given up, and its next cell gets new ones. After failures in a row its other lengths are left
 * out, as each may have cost the minutes after which an answer counts as missing.
 */

/** Runs a plan: for each number of clients and each peer new processes, which do all value lengths. */
final class Sweep {
    private static final int FIRST_CELL_WARMUPS = 3;
    private static final int FAILURES_IN_ROW_MAX = 2;

    private final Plan plan;
    private final Launcher launcher;
    private final Map<String, String> facts;
    private final Consumer<String> beforeCell;
    private final Results results;
    private @Nullable Clients clients;
    private int warmupsMin;
    private int failuresInRow;

    /**
     * Prepares a run.
     *
     * @param facts gets what the loops around an operation cost
     * @param beforeCell told what comes next
     * @param told told of failures, and of peers that cannot run here
     */
    Sweep(
            Plan plan,
            Launcher launcher,
            Map<String, String> facts,
            Consumer<String> beforeCell,
            Consumer<String> told) {
        this.plan = plan;
        this.launcher = launcher;
        this.facts = facts;
        this.beforeCell = beforeCell;
        this.results = new Results(told);
    }

    /** Measures all cells; those that failed are in the results, too. */
    Results run() {
        for (int count : plan.clientCounts()) {
            for (Peer peer : plan.peers()) {
                failuresInRow = 0;
                try {
                    plan.valueLengths().forEach(length -> measure(peer, length, count));
                } finally {
                    closeClients();
                }
            }
        }
        return results;
    }

    private void measure(Peer peer, int valueLength, int count) {
        Shape shape = plan.shape(valueLength, count);
        beforeCell.accept(Figures.format(
                "%s, P=%d, %s, %d keys",
                peer.name(), count, Figures.length(valueLength), shape.keysMax()));
        Optional<String> obstacle = peer.obstacle(shape);
        if (obstacle.isPresent()) {
            results.note("left out: peer=" + peer.name() + ": " + obstacle.get());
            return;
        }
        if (failuresInRow == FAILURES_IN_ROW_MAX) {
            results.note("left out after failures: peer=" + peer.name() + ", clients=" + count);
            return;
        }
        try {
            measure(peer, shape);
            failuresInRow = 0;
        } catch (IOException | RuntimeException e) {
            boolean wrong = e instanceof WrongContentException;
            results.add(new Failure(peer.name(), count, valueLength, wrong, e.toString()));
            failuresInRow++;
            closeClients();
        }
    }

    private void measure(Peer peer, Shape shape) throws IOException {
        Clients running = clients;
        if (running == null) {
            running = Clients.start(peer, shape.clients(), launcher, plan.place());
            clients = running;
            warmupsMin = FIRST_CELL_WARMUPS * plan.pace().warmups();
        }
        try (Service service = start(peer, shape)) {
            double overheadNs =
                    new Cell(plan, peer, shape, running, warmupsMin, results).run(service);
            running.whereabouts().forEach(results::note);
            facts.put(
                    "loopOverheadNs " + Figures.length(shape.valueLength()),
                    Figures.format("%.1f", overheadNs));
        }
        warmupsMin = plan.pace().warmups();
    }

    private Service start(Peer peer, Shape shape) throws IOException {
        return plan.place().service().isEmpty()
                ? peer.start(shape)
                : DistantService.start(plan.place(), peer, shape);
    }

    private void closeClients() {
        if (clients != null) {
            clients.close();
            clients = null;
        }
    }
}
