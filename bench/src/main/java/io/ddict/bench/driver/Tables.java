package io.ddict.bench.driver;

import io.ddict.bench.limits.Limit;
import io.ddict.bench.peers.Peers;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The report on the terminal. */
final class Tables {
    private static final int NAME_WIDTH = 17;
    private static final int CELL_WIDTH = 16;
    private static final double TIME_FROM_NS = 1e3;

    private final PrintStream out;

    Tables(PrintStream out) {
        this.out = out;
    }

    void machine(Map<String, String> facts) {
        facts.forEach((name, value) -> out.println(Figures.format("%-18s %s", name, value)));
        out.println();
    }

    void throughputs(Results results) {
        for (String phase : results.phases()) {
            header(phase + ", operations per second of all clients (GB/s); median round", results);
            for (int clients : results.clientCounts()) {
                for (String peer : results.peers()) {
                    StringBuilder row = new StringBuilder(name(peer, clients));
                    for (int valueLength : results.valueLengths()) {
                        row.append(cell(results.median(peer, clients, valueLength, phase)
                                .map(Figures::rate)
                                .orElse("-")));
                    }
                    out.println(row);
                }
            }
            out.println();
        }
    }

    /** One line for each operation, number of clients and value length: the median round. */
    void gups(Results results) {
        out.println(Figures.format(
                "%-16s%4s%10s%6s%10s%11s%11s%11s%11s%9s",
                "operation", "P", "value", "iter", "keys/P", "min op/s", "max op/s", "sum op/s",
                "op/s", "GB/s"));
        for (String phase : results.phases()) {
            for (int clients : results.clientCounts()) {
                for (int valueLength : results.valueLengths()) {
                    results.median(Peers.DDICT, clients, valueLength, phase)
                            .ifPresent(median -> out.println(gupsRow(results, median)));
                }
            }
            out.println();
        }
    }

    /** Whether a phase looks at both ends of values, and moves nothing. */
    static boolean isView(String phase) {
        return phase.contains("view");
    }

    private static String gupsRow(Results results, Throughput median) {
        long iterations = results.throughputs().stream()
                .filter(round -> round.phase().equals(median.phase())
                        && round.clients() == median.clients()
                        && round.valueLength() == median.valueLength())
                .count();
        return Figures.format(
                "%-16s%4d%10s%6d%10d%11s%11s%11s%11s%9s",
                median.phase(),
                median.clients(),
                Figures.length(median.valueLength()),
                iterations,
                median.keys() / median.clients(),
                Figures.count(median.opsPerSecondMin()),
                Figures.count(median.opsPerSecondMax()),
                Figures.count(median.opsPerSecondSum()),
                Figures.count(median.opsPerSecond()),
                isView(median.phase())
                        ? "-"
                        : Figures.format("%.3f", median.gigabytesPerSecond()));
    }

    void latencies(Results results) {
        for (String phase : results.timedPhases()) {
            out.println(phase + ", latency");
            out.println(Figures.format(
                    "%-" + NAME_WIDTH + "s%10s%11s%11s%11s%11s%11s%11s%11s",
                    "", "value", "op/s due", "op/s", "p50", "p90", "p99", "p99.9", "max"));
            for (Latency latency : results.latencies()) {
                if (latency.phase().equals(phase)) {
                    out.println(row(latency));
                }
            }
            out.println();
        }
    }

    /** What a reader should know beside the figures. */
    void notes(Results results) {
        results.notes().forEach(out::println);
        results.failures().forEach(failure -> out.println(failure.line()));
        out.println("CPUs used by others meanwhile: " + Figures.foreign(results.foreignCpus()));
    }

    /** One line for each figure of the machine. */
    void limits(List<Limit> limits) {
        out.println(Figures.format(
                "%-36s%8s%10s%8s%12s", "limit", "threads", "length", "figure", "value"));
        for (Limit limit : limits) {
            out.println(Figures.format(
                    "%-36s%8d%10s%8s%12s",
                    limit.what(),
                    limit.threads(),
                    Figures.length(limit.length()),
                    limit.figure(),
                    value(limit)));
        }
    }

    private static String value(Limit limit) {
        return limit.unit().equals("ns") && limit.value() >= TIME_FROM_NS
                ? Figures.time((long) limit.value())
                : Figures.format("%.2f %s", limit.value(), limit.unit());
    }

    void targets(List<Target> targets) {
        out.println("targets of MISSION.md, part D");
        targets.forEach(target -> out.println(target.line()));
        long met = targets.stream().filter(Target::isMet).count();
        out.println(met + " of " + targets.size() + " met");
    }

    private void header(String title, Results results) {
        out.println(title);
        StringBuilder row = new StringBuilder(" ".repeat(NAME_WIDTH));
        results.valueLengths().forEach(length -> row.append(cell(Figures.length(length))));
        out.println(row);
    }

    private static String row(Latency latency) {
        return name(latency.peer(), latency.clients())
                + Figures.format(
                        "%10s%11s%11s%11s%11s%11s%11s%11s",
                        Figures.length(latency.valueLength()),
                        latency.opsPerSecond() == 0 ? "-" : Figures.count(latency.opsPerSecond()),
                        Figures.count(latency.opsPerSecondDone()),
                        Figures.time(latency.p50Ns()),
                        Figures.time(latency.p90Ns()),
                        Figures.time(latency.p99Ns()),
                        Figures.time(latency.p999Ns()),
                        Figures.time(latency.maxNs()));
    }

    private static String name(String peer, int clients) {
        return Figures.format("%-" + NAME_WIDTH + "s", peer + " P=" + clients);
    }

    private static String cell(String text) {
        return Figures.format("%" + CELL_WIDTH + "s", text);
    }
}
