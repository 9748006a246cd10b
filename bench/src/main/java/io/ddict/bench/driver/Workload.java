package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import java.util.List;

/**
 * What is done to a store after INSERT.
 *
 * @param small phases of values below {@link #LARGE_LENGTH}
 * @param large phases of longer ones
 * @param timed phases whose operations are timed one by one
 * @param rates rates of timed operations of each client, a second; 0: as fast as it goes
 */
record Workload(
        List<Phase> small,
        List<Phase> large,
        List<Phase> timed,
        List<Double> rates) {
    /** Values from this length on are so long that copying them is nearly all there is to do. */
    static final int LARGE_LENGTH = 1 << 20;

    private static final double RATE_MAX = 1e9;

    /** The same phases for all lengths, in the order given. */
    static Workload of(List<Phase> phases) {
        return new Workload(phases, phases, List.of(), List.of());
    }

    /** Phases that tell stores apart: of long values a batch holds one, and no cache holds some. */
    static Workload comparing() {
        return new Workload(
                List.of(Phase.OVERWRITE, Phase.BATCH_PUT, Phase.INTO_HOT, Phase.INTO_RANDOM),
                List.of(Phase.OVERWRITE, Phase.INTO_RANDOM),
                List.of(),
                List.of());
    }

    /**
     * Operations timed one by one.
     *
     * @param rates at least one, none negative
     */
    static Workload timed(List<Phase> phases, List<Double> rates) {
        if (rates.isEmpty() || !rates.stream().allMatch(rate -> rate >= 0 && rate <= RATE_MAX)) {
            throw new IllegalArgumentException(
                    "rates out of range: rates=" + rates + ", most=" + RATE_MAX);
        }
        return new Workload(List.of(), List.of(), phases, rates);
    }

    List<Phase> phases(int valueLength) {
        return valueLength < LARGE_LENGTH ? small : large;
    }

    /** Whether anything is timed one by one. */
    boolean isTimed() {
        return !timed.isEmpty();
    }
}
