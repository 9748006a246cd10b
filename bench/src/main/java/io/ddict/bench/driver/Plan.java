package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * What a run measures, and for how long.
 *
 * @param peers in the order in which they run
 * @param valueLengths bytes of a value
 * @param clientCounts numbers of client processes
 * @param managers managers of a dictionary
 * @param warmups rounds of each phase that are not counted; three times as many in the first cell
 * @param rounds rounds of each phase that are
 * @param roundNs length of a round
 * @param latencyNs length of a latency round; 0: none
 * @param keysMax most keys in a store
 * @param contentLengthMax most bytes of keys and values in a store
 * @param quick whether the phases that only inform are left out
 * @param only labels of the phases to which it keeps after INSERT; empty for all
 */
record Plan(
        List<Peer> peers,
        List<Integer> valueLengths,
        List<Integer> clientCounts,
        int managers,
        int warmups,
        int rounds,
        long roundNs,
        long latencyNs,
        long keysMax,
        long contentLengthMax,
        boolean quick,
        List<String> only) {
    /** Slots of a manager's ring: a put can hide in it for so many operations. */
    static final long RING_SLOTS = 4096;

    /** Values from this length on are so long that copying them is nearly all there is to do. */
    static final int LARGE_LENGTH = 1 << 20;

    private static final long RINGS_PER_ROUND = 10;
    // In a round of small values ten rings pass in any case; of large ones as many as memory holds.
    private static final int INLINE_LENGTH_MAX = 4096;

    /** The store of a cell. */
    Shape shape(int valueLength, int clients) {
        long keys = Math.min(keysMax, contentLengthMax / (Keys.LENGTH + valueLength));
        long each = Math.max(1, keys / clients);
        return new Shape(valueLength, each * clients, clients, managers, false);
    }

    /** Least operations of one client in a round of puts. */
    long putsMin(Shape shape) {
        return shape.valueLength() <= INLINE_LENGTH_MAX
                ? RINGS_PER_ROUND * RING_SLOTS / shape.clients()
                : 1;
    }

    /** Phases of a cell after INSERT. */
    List<Phase> phases(int valueLength) {
        return only.isEmpty()
                ? phasesOfAll(valueLength)
                : Arrays.stream(Phase.values()).filter(phase -> only.contains(phase.label()))
                        .toList();
    }

    /** Phases of a cell whose operations are timed one by one. */
    List<Phase> timedPhases(int valueLength) {
        if (latencyNs == 0) {
            return List.of();
        }
        return timedPhasesOfAll(valueLength).stream()
                .filter(phase -> only.isEmpty() || only.contains(phase.label()))
                .toList();
    }

    /** Whether a reader beside writers is measured. */
    boolean isBesideWriterKept() {
        return only.isEmpty() && latencyNs > 0;
    }

    private List<Phase> phasesOfAll(int valueLength) {
        if (valueLength >= LARGE_LENGTH) {
            return quick
                    ? List.of(Phase.OVERWRITE, Phase.INTO_RANDOM)
                    : List.of(
                            Phase.OVERWRITE,
                            Phase.INTO_RANDOM,
                            Phase.GET_RANDOM,
                            Phase.VIEW_RANDOM);
        }
        return quick
                ? List.of(Phase.OVERWRITE, Phase.INTO_HOT, Phase.INTO_RANDOM)
                : List.of(
                        Phase.OVERWRITE,
                        Phase.INTO_HOT,
                        Phase.INTO_RANDOM,
                        Phase.GET_HOT,
                        Phase.GET_RANDOM,
                        Phase.VIEW_HOT);
    }

    private static List<Phase> timedPhasesOfAll(int valueLength) {
        return valueLength >= LARGE_LENGTH
                ? List.of(Phase.OVERWRITE, Phase.INTO_RANDOM, Phase.VIEW_RANDOM, Phase.PUT_GET)
                : List.of(
                        Phase.OVERWRITE,
                        Phase.INTO_HOT,
                        Phase.INTO_RANDOM,
                        Phase.GET_HOT,
                        Phase.VIEW_HOT,
                        Phase.PUT_GET);
    }
}
