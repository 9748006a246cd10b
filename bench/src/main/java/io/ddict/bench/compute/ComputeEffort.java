package io.ddict.bench.compute;

import java.util.List;

/**
 * How much is done.
 *
 * @param rounds rounds that count, of each system
 * @param warmups rounds before those
 * @param mapWarmups most rounds of maps before those, of each system
 * @param mapNs how long maps of a round are repeated
 * @param processes processes of the pool that is started
 * @param workers sizes of pools that map
 * @param tasks tasks of a map
 * @param bytes bytes that go through a queue in a round, if that is neither too many messages nor too few
 * @param messagesMin least messages of a round
 * @param messagesMax most messages of a round
 * @param trips round trips of a round
 * @param crowd workers of the largest pool
 */
public record ComputeEffort(
        int rounds,
        int warmups,
        int mapWarmups,
        long mapNs,
        int processes,
        List<Integer> workers,
        int tasks,
        long bytes,
        int messagesMin,
        int messagesMax,
        int trips,
        int crowd) {
    /** What pages quote. */
    public static ComputeEffort full() {
        return new ComputeEffort(
                7, 3, 200, 200_000_000, 64, List.of(2, 8), 10_000, 512L << 20, 32, 200_000, 10_000,
                50_000);
    }

    /** Tells whether everything works. */
    public static ComputeEffort quick() {
        return new ComputeEffort(
                1, 1, 1, 0, 4, List.of(2), 500, 8L << 20, 2, 2_000, 200, 2_000);
    }

    /** The same in so many rounds. */
    public ComputeEffort withRounds(int count) {
        return new ComputeEffort(
                count, warmups, mapWarmups, mapNs, processes, workers, tasks, bytes, messagesMin,
                messagesMax, trips,
                crowd);
    }

    /** Messages of a round. */
    int messages(int length) {
        return Math.clamp(bytes / length, messagesMin, messagesMax);
    }

    /** Round trips of a round: fewer of long messages. */
    int trips(int length) {
        return Math.min(trips, messages(length));
    }
}
