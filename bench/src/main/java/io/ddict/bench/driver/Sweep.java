package io.ddict.bench.driver;

import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs a plan: for each number of clients and each peer new processes, which do all value lengths. */
final class Sweep {
    private static final int FIRST_CELL_WARMUPS = 3;

    private final Plan plan;
    private final Launcher launcher;
    private final Map<String, String> facts;
    private final Results results = new Results();

    /**
     * Prepares a run.
     *
     * @param facts gets what the loops around an operation cost
     */
    Sweep(Plan plan, Launcher launcher, Map<String, String> facts) {
        this.plan = plan;
        this.launcher = launcher;
        this.facts = facts;
    }

    /**
     * Measures all cells.
     *
     * @param beforeCell told what comes next
     * @throws io.ddict.bench.gups.WrongContentException if a store returned what was not put
     */
    Results run(Consumer<String> beforeCell) throws IOException {
        for (int count : plan.clientCounts()) {
            for (Peer peer : plan.peers()) {
                measure(peer, count, beforeCell);
            }
        }
        return results;
    }

    private void measure(Peer peer, int count, Consumer<String> beforeCell) throws IOException {
        List<ClientProcess> processes = new ArrayList<>();
        try {
            for (int number = 0; number < count; number++) {
                processes.add(ClientProcess.start(peer, number, launcher));
            }
            int warmups = plan.warmups() * FIRST_CELL_WARMUPS;
            for (int valueLength : plan.valueLengths()) {
                Shape shape = plan.shape(valueLength, count);
                beforeCell.accept(Figures.format(
                        "%s, P=%d, %s, %d keys",
                        peer.name(),
                        count,
                        Figures.length(valueLength),
                        shape.keysMax()));
                Cell cell = new Cell(plan, peer, shape, processes, warmups, results);
                try (Service service = peer.start(shape)) {
                    double overheadNs = cell.run(service);
                    facts.put(
                            "loopOverheadNs " + Figures.length(valueLength),
                            Figures.format("%.1f", overheadNs));
                }
                warmups = plan.warmups();
            }
        } finally {
            processes.forEach(ClientProcess::close);
        }
    }
}
