package io.ddict.bench.driver;

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
            Histogram latenciesNs,
            double allocatedPerOp,
            double foreignCpus) {
        return new Latency(
                cell.peer().name(),
                cell.shape().clients(),
                cell.shape().valueLength(),
                cell.shape().keysMax(),
                phase,
                opsPerSecond,
                latenciesNs.getTotalCount(),
                latenciesNs.getValueAtPercentile(50),
                latenciesNs.getValueAtPercentile(90),
                latenciesNs.getValueAtPercentile(99),
                latenciesNs.getValueAtPercentile(99.9),
                latenciesNs.getMaxValue(),
                latenciesNs.getMean(),
                allocatedPerOp,
                foreignCpus);
    }
}
