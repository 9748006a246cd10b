package io.ddict.bench.driver;

import io.ddict.bench.gups.Outcome;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Latencies of one phase, of all clients together, the clock's own cost included.
 *
 * @param peer name of the store
 * @param clients client processes
 * @param valueLength bytes of a value
 * @param keys keys in the store
 * @param phase kind of operation
 * @param opsPerSecond rate at which operations were due, for each client; 0: as fast as it went
 * @param opsPerSecondDone rate of each client that came about, checks included
 * @param count operations
 * @param allocatedPerOp bytes the clients' threads allocated for each operation
 * @param foreignCpus CPUs that others used meanwhile
 */
record Latency(
        String peer,
        int clients,
        int valueLength,
        long keys,
        String phase,
        double opsPerSecond,
        double opsPerSecondDone,
        long count,
        long p50Ns,
        long p90Ns,
        long p99Ns,
        long p999Ns,
        long maxNs,
        double meanNs,
        double allocatedPerOp,
        double foreignCpus) {
    /** Phase of a reader beside clients that write as fast as they can. */
    static final String BESIDE_WRITER = "into-random beside writer";

    static Latency of(
            Cell cell,
            String phase,
            double opsPerSecond,
            List<Outcome> outcomes,
            double foreignCpus) {
        Histogram latenciesNs = new Histogram(3);
        double rate = 0;
        for (Outcome outcome : outcomes) {
            rate += outcome.ops() * 1e9 / (outcome.endNs() - outcome.startNs());
            Histogram one = outcome.latenciesNs();
            if (one != null) {
                latenciesNs.add(one);
            }
        }
        return new Latency(
                cell.peer().name(),
                cell.shape().clients(),
                cell.shape().valueLength(),
                cell.shape().keysMax(),
                phase,
                opsPerSecond,
                rate / outcomes.size(),
                latenciesNs.getTotalCount(),
                latenciesNs.getValueAtPercentile(50),
                latenciesNs.getValueAtPercentile(90),
                latenciesNs.getValueAtPercentile(99),
                latenciesNs.getValueAtPercentile(99.9),
                latenciesNs.getMaxValue(),
                latenciesNs.getMean(),
                Throughput.allocatedPerOp(outcomes),
                foreignCpus);
    }
}
