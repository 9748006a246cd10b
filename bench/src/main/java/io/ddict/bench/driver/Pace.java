package io.ddict.bench.driver;

import java.util.concurrent.TimeUnit;

/**
 * How often and for how long each phase is run.
 *
 * @param warmups least rounds that are not counted; three times as many in a process's first cell
 * @param rounds rounds that are
 * @param roundNs length of a round
 * @param latencyNs length of a latency round
 */
record Pace(int warmups, int rounds, long roundNs, long latencyNs) {
    /** Warm-up ends when two rounds in a row differ by less than this share. */
    static final double STEADY_SHARE = 0.05;

    // Warm-up that never gets steady ends after so many times its least number of rounds.
    private static final int WARMUPS_MAX = 2;
    // A slow store's insert takes as long as it takes: then a round or two of it must do.
    private static final long PHASE_NS = TimeUnit.SECONDS.toNanos(2);
    // A store that takes longer to insert its keys gets fewer: the fastest servers reach 0.1 M/s.
    private static final long INSERT_NS = TimeUnit.SECONDS.toNanos(1);
    // The first insert also touches all pages for the first time, at about 1 GB/s.
    private static final long FIRST_INSERT_NS = TimeUnit.SECONDS.toNanos(3);

    /** Checks the ranges. */
    Pace {
        if (warmups < 0 || rounds < 1 || roundNs < 1 || latencyNs < 1) {
            throw new IllegalArgumentException(
                    "rounds out of range: warmups=" + warmups + ", iterations=" + rounds
                            + ", roundLength=" + roundNs + "ns, latencyRoundLength=" + latencyNs
                            + "ns; all but warm-ups are at least 1");
        }
    }

    /**
     * Most rounds that are not counted.
     *
     * @param warmupsMin least of them in this cell
     */
    int warmupsMax(int warmupsMin) {
        return WARMUPS_MAX * warmupsMin;
    }

    /** Time after which no round of a phase begins, but for its first counted one. */
    long phaseNs() {
        return Math.max(PHASE_NS, 2L * rounds * roundNs);
    }

    /** Time in which a store, other than DDict, is to insert all its keys. */
    long insertNs() {
        return INSERT_NS;
    }

    /** Time after which an insert ends that is not counted. */
    long insertWarmupNs() {
        return FIRST_INSERT_NS;
    }
}
