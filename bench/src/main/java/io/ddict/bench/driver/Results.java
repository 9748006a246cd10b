package io.ddict.bench.driver;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** All that a run measured. One thread. */
final class Results {
    private final List<Throughput> throughputs = new ArrayList<>();
    private final List<Latency> latencies = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private final Set<String> notes = new LinkedHashSet<>();
    private final Consumer<String> told;

    /**
     * Begins empty.
     *
     * @param told told of failures and notes when they come
     */
    Results(Consumer<String> told) {
        this.told = told;
    }

    void add(Throughput throughput) {
        throughputs.add(throughput);
    }

    void add(Latency latency) {
        latencies.add(latency);
    }

    void add(Failure failure) {
        failures.add(failure);
        told.accept(failure.line());
    }

    /** Adds what a reader should know beside the figures, once. */
    void note(String note) {
        if (notes.add(note)) {
            told.accept(note);
        }
    }

    List<String> notes() {
        return List.copyOf(notes);
    }

    List<Failure> failures() {
        return List.copyOf(failures);
    }

    /** Whether a peer failed in any cell. */
    boolean isFailed(String peer) {
        return failures.stream().anyMatch(failure -> failure.peer().equals(peer));
    }

    List<Throughput> throughputs() {
        return List.copyOf(throughputs);
    }

    List<Latency> latencies() {
        return List.copyOf(latencies);
    }

    /** The middle one of a phase's rounds, by wall time. */
    Optional<Throughput> median(String peer, int clients, int valueLength, String phase) {
        List<Throughput> rounds = throughputs.stream()
                .filter(round -> round.peer().equals(peer)
                        && round.clients() == clients
                        && round.valueLength() == valueLength
                        && round.phase().equals(phase))
                .sorted(Comparator.comparingDouble(Throughput::opsPerSecond))
                .toList();
        return rounds.isEmpty() ? Optional.empty() : Optional.of(rounds.get(rounds.size() / 2));
    }

    /** Latencies of a phase, as fast as it went. */
    Optional<Latency> latency(String peer, int clients, int valueLength, String phase) {
        return latencies.stream()
                .filter(latency -> latency.peer().equals(peer)
                        && latency.clients() == clients
                        && latency.valueLength() == valueLength
                        && latency.opsPerSecond() == 0
                        && latency.phase().equals(phase))
                .findFirst();
    }

    /** Phases that were measured, in the order in which they were. */
    List<String> phases() {
        return throughputs.stream().map(Throughput::phase).distinct().toList();
    }

    /** Phases that were timed, in the order in which they were. */
    List<String> timedPhases() {
        return latencies.stream().map(Latency::phase).distinct().toList();
    }

    List<Integer> clientCounts() {
        return measured().map(Throughput::clients).distinct().sorted().toList();
    }

    List<Integer> valueLengths() {
        return measured().map(Throughput::valueLength).distinct().sorted().toList();
    }

    List<String> peers() {
        return measured().map(Throughput::peer).distinct().toList();
    }

    /** CPUs that others used, for each timed or counted round. */
    DoubleSummaryStatistics foreignCpus() {
        return DoubleStream.concat(
                throughputs.stream().mapToDouble(Throughput::foreignCpus),
                latencies.stream().mapToDouble(Latency::foreignCpus))
                .summaryStatistics();
    }

    private Stream<Throughput> measured() {
        return throughputs.stream();
    }
}
