package io.ddict.bench.driver;

import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.Phase;
import java.util.DoubleSummaryStatistics;
import java.util.List;

/**
 * One round of one phase, by all clients together.
 *
 * @param peer name of the store
 * @param clients client processes
 * @param valueLength bytes of a value
 * @param keys keys in the store
 * @param phase kind of operation
 * @param round its number, from 0
 * @param ops operations
 * @param wallNs from the common start to the last end
 * @param opsPerSecond all operations by the wall time
 * @param opsPerSecondMin the slowest client's own rate
 * @param opsPerSecondMax the fastest one's
 * @param opsPerSecondSum sum of the clients' own rates; higher where they did not overlap
 * @param allocatedPerOp bytes the clients' threads allocated for each operation
 * @param foreignCpus CPUs that others used meanwhile
 */
record Throughput(
        String peer,
        int clients,
        int valueLength,
        long keys,
        String phase,
        int round,
        long ops,
        long wallNs,
        double opsPerSecond,
        double opsPerSecondMin,
        double opsPerSecondMax,
        double opsPerSecondSum,
        double allocatedPerOp,
        double foreignCpus) {
    static Throughput of(
            Cell cell, Phase phase, int round, List<Outcome> outcomes, double foreignCpus) {
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
                cell.peer().name(),
                cell.shape().clients(),
                cell.shape().valueLength(),
                cell.shape().keysMax(),
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

    /** Bytes the clients' threads allocated for each operation. */
    static double allocatedPerOp(List<Outcome> outcomes) {
        long allocated = outcomes.stream().mapToLong(Outcome::allocatedLength).sum();
        long ops = outcomes.stream().mapToLong(Outcome::ops).sum();
        return (double) allocated / Math.max(1, ops);
    }

    /** Value bytes moved per second, in GB. */
    double gigabytesPerSecond() {
        return opsPerSecond * valueLength / 1e9;
    }
}
