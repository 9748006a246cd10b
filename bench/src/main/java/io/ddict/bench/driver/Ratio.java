package io.ddict.bench.driver;

import io.ddict.bench.peers.Peers;
import java.util.ArrayList;
import java.util.List;

/**
 * How many times another store's operations ours are, in one run: medians of the rounds.
 *
 * @param phase kind of operation
 * @param clients client processes
 * @param valueLength bytes of a value
 * @param peer the other store
 * @param isLimit whether it is a limit of the machine
 * @param ours our operations per second
 * @param theirs its
 * @param theirKeys keys in the other store; fewer than in ours where it is slow
 */
record Ratio(
        String phase,
        int clients,
        int valueLength,
        String peer,
        boolean isLimit,
        double ours,
        double theirs,
        long theirKeys) {
    /** Those of a run, by phase, then clients, then value length. */
    static List<Ratio> all(Results results) {
        List<Ratio> all = new ArrayList<>();
        for (String phase : results.phases()) {
            for (int clients : results.clientCounts()) {
                for (int valueLength : results.valueLengths()) {
                    results.median(Peers.DDICT, clients, valueLength, phase)
                            .ifPresent(ours -> addOf(ours, results, all));
                }
            }
        }
        return all;
    }

    private static void addOf(Throughput ours, Results results, List<Ratio> all) {
        for (String peer : results.peers()) {
            if (!peer.equals(Peers.DDICT)) {
                results.median(peer, ours.clients(), ours.valueLength(), ours.phase())
                        .ifPresent(theirs -> all.add(of(ours, theirs)));
            }
        }
    }

    private static Ratio of(Throughput ours, Throughput theirs) {
        return new Ratio(
                ours.phase(),
                ours.clients(),
                ours.valueLength(),
                theirs.peer(),
                Peers.named(theirs.peer()).isLimit(),
                ours.opsPerSecond(),
                theirs.opsPerSecond(),
                theirs.keys());
    }

    double times() {
        return ours / theirs;
    }

    /** Whether it belongs into the same row as another. */
    boolean isBeside(Ratio other) {
        return phase.equals(other.phase)
                && clients == other.clients
                && valueLength == other.valueLength;
    }
}
