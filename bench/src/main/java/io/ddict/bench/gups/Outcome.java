package io.ddict.bench.gups;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one client did in one round.
 *
 * @param ops operations
 * @param startNs when it was to start, on the machine's monotonic clock
 * @param endNs when its last operation had ended, for writes: was applied
 * @param allocatedLength bytes that its thread allocated meanwhile
 * @param compilationNs time that its JVM's compilers worked meanwhile
 * @param latenciesNs latency of each operation, if they were timed
 */
public record Outcome(
        long ops,
        long startNs,
        long endNs,
        long allocatedLength,
        long compilationNs,
        @Nullable Histogram latenciesNs) {
    /** The same by a clock that is behind this one. */
    public Outcome earlier(long ns) {
        return new Outcome(
                ops, startNs - ns, endNs - ns, allocatedLength, compilationNs, latenciesNs);
    }
}
