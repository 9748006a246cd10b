package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/*
 * Question: how long does one operation take, when operations come at a set rate?
 * Topology: as that of bench peers. Each operation is due at a fixed time, and one that starts late
 * because an earlier one took long is charged with the delay. At a rate that a store does not carry
 * the figures are those of its queue. Rate 0 starts each operation when the one before has ended:
 * that is how long one takes when nothing waits.
 */

/** {@code bench latency}: percentiles of single operations at set rates. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures percentiles of single operations at set rates.")
final class LatencyCommand implements Callable<Integer> {
    private static final String SIZES = "8,1k,64k,1m";
    private static final String SIZES_QUICK = "8,1k";
    private static final double THOUSAND = 1e3;

    @Option(
            names = "--rate",
            split = ",",
            defaultValue = "0,10k,100k",
            description = "Operations of each client a second; 0: each after the one before"
                    + " (default: ${DEFAULT-VALUE}).")
    private List<String> rates = List.of();

    @Option(
            names = {"--phases", "--operations"},
            split = ",",
            defaultValue = "overwrite,into-hot,into-random,view-hot,put-get",
            description = "What is measured (default: ${DEFAULT-VALUE}).")
    private List<String> phases = List.of();

    @Option(names = "--latency-millis", description = "Time for each rate (500; quick: 40).")
    private @Nullable Long latencyMillis;

    @Option(names = "--check", description = "Exit with 2 if a target is missed.")
    private boolean check;

    @Mixin
    private PeerOptions stores = new PeerOptions();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ReportOptions report = new ReportOptions();

    @Override
    public Integer call() throws IOException {
        Plan plan = options.orUsage(this::plan);
        Launcher launcher = options.orUsage(() -> new Launcher(options.nodeArguments()));
        Map<String, String> facts = report.facts();
        Tables tables = new Tables(System.out);
        tables.machine(facts);
        Results results = new Sweep(plan, launcher, facts, this::tell, this::tell).run();
        tables.latencies(results);
        tables.notes(results);
        List<Target> targets = new Targets(results).evaluateLatencies();
        tables.targets(targets);
        if (report.output().isPresent()) {
            new ReportFiles(report.output().get()).write(facts, results, targets);
            new ChartFiles(report.output().get()).draw(new LatencyCharts(results).charts());
        }
        if (results.isFailed(Peers.DDICT)) {
            return 1;
        }
        return check && !targets.stream().allMatch(Target::isMet) ? 2 : 0;
    }

    private void tell(String what) {
        System.err.println(Figures.format("%5.1f s: %s", report.secondsSinceStart(), what));
    }

    private Plan plan() {
        boolean quick = report.isQuick();
        return options.plan(
                stores.peers(Peers.DDICT),
                stores.valueLengths(quick ? SIZES_QUICK : SIZES),
                Workload.timed(
                        phases.stream().map(Phase::labelled).toList(),
                        rates.stream().map(LatencyCommand::rate).toList()),
                quick,
                latencyMillis);
    }

    /** Operations a second, from a text such as {@code 10k}: thousands and millions. */
    private static double rate(String text) {
        String digits = text.replaceFirst("[km]$", "");
        double unit = text.endsWith("k") ? THOUSAND : text.endsWith("m") ? THOUSAND * THOUSAND : 1;
        try {
            return Double.parseDouble(digits) * unit;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no rate: rate=" + text + "; such as 0, 500 or 10k",
                    e);
        }
    }
}
