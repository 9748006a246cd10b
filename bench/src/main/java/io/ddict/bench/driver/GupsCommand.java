package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/*
 * Question: how many operations, and how many bytes, do P processes put into and get from one
 * dictionary in a second, over all value lengths? The shape is that of Dragon's benchmark of its
 * dictionary: keys of 128 bytes, value lengths that double, a barrier before each operation.
 */

/** {@code bench gups}: updates and reads of one dictionary, over value lengths that double. */
@Command(
        name = "gups",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures puts and gets of one dictionary over value lengths that double.")
final class GupsCommand implements Callable<Integer> {
    private static final int QUICK_STEPS = 6;

    @Option(names = "--value-min", defaultValue = "8", description = "Shortest value (8 bytes).")
    private String valueMin = "";

    @Option(names = "--value-max", defaultValue = "64m", description = "Longest value (64m).")
    private String valueMax = "";

    @Option(
            names = {"--operations", "--phases"},
            split = ",",
            defaultValue = "overwrite,batch-put,get-random,into-random,view-random,frozen-get,"
                    + "frozen-view",
            description = "What is measured after insert (default: ${DEFAULT-VALUE}).")
    private List<String> operations = List.of();

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
        Results results = run(plan, launcher, facts);
        tables.gups(results);
        tables.notes(results);
        if (report.output().isPresent()) {
            new ReportFiles(report.output().get()).write(facts, results, List.of());
            plot(results, report.output().get());
        }
        return results.isFailed(Peers.DDICT) ? 1 : 0;
    }

    private static Results run(Plan plan, Launcher launcher, Map<String, String> facts) {
        int[] done = {0};
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("gups")
                .setInitialMax(plan.cells())
                .continuousUpdate()
                .build()) {
            Results results = new Sweep(plan, launcher, facts, cell -> {
                bar.stepTo(done[0]++);
                bar.setExtraMessage(" " + cell);
            }, _ -> {}).run();
            bar.stepTo(plan.cells());
            return results;
        }
    }

    private static void plot(Results results, Path folder) throws IOException {
        new ChartFiles(folder).draw(new GupsCharts(results).charts());
    }

    private Plan plan() {
        return options.plan(
                List.of(Peers.named(Peers.DDICT)),
                valueLengths(),
                Workload.of(operations.stream().map(Phase::labelled).toList()),
                report.isQuick(),
                null);
    }

    private List<Integer> valueLengths() {
        long first = RunOptions.valueLength(valueMin);
        long last = RunOptions.valueLength(valueMax);
        if (first < Long.BYTES || last < first || last > 1 << 30) {
            throw new IllegalArgumentException(
                    "value lengths out of range: --value-min=" + valueMin + ", --value-max="
                            + valueMax + "; from 8 bytes to 1g, the shorter one first");
        }
        List<Integer> all = LongStream.iterate(first, each -> each <= last, each -> 2 * each)
                .mapToObj(Math::toIntExact)
                .toList();
        int step = report.isQuick() ? Math.max(1, all.size() / QUICK_STEPS) : 1;
        return all.stream().filter(each -> all.indexOf(each) % step == 0).toList();
    }
}
