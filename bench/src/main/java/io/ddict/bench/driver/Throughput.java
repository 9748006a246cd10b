package io.ddict.bench.driver;

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
    /** Value bytes moved per second, in GB. */
    double gigabytesPerSecond() {
        return opsPerSecond * valueLength / 1e9;
    }
}
