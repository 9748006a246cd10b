package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Peers;
import io.ddict.client.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--clients",
            split = ",",
            defaultValue = "1",
            description = "Numbers of client processes (default: ${DEFAULT-VALUE}).")
    private List<Integer> clients = List.of();

    @Option(
            names = "--managers-per-node",
            defaultValue = "1",
            description = "Managers of the dictionary (default: ${DEFAULT-VALUE}).")
    private int managers;

    @Option(names = "--value-min", defaultValue = "8", description = "Shortest value (8 bytes).")
    private String valueMin = "";

    @Option(names = "--value-max", defaultValue = "64m", description = "Longest value (64m).")
    private String valueMax = "";

    @Option(
            names = "--operations",
            split = ",",
            defaultValue = "overwrite,get-random,into-random,view-random",
            description = "What is measured after insert (default: ${DEFAULT-VALUE}).")
    private List<String> operations = List.of();

    @Option(names = "--max-keys", description = "Most keys (1000000; quick: 200000).")
    private int keysMax = -1;

    @Option(names = "--content", description = "Most bytes of keys and values (3g; quick: 256m).")
    private String content = "";

    @Option(names = "--iterations", description = "Rounds of each operation (5; quick: 3).")
    private int iterations = -1;

    @Option(names = "--round-millis", description = "Length of a round (300; quick: 50).")
    private int roundMillis = -1;

    @Option(names = "--quick", description = "Fewer value lengths and shorter rounds.")
    private boolean quick;

    @Option(names = "--output", description = "Folder for CSV, JSON and plots (default: none).")
    private Path output = Path.of("");

    @Option(names = "--node-args", description = "Flags of JVMs that load Chronicle Map.")
    private Path nodeArguments = Launcher.nodeArgumentsDefault();

    @Override
    public Integer call() throws IOException {
        Plan plan = plan();
        check(plan);
        Map<String, String> facts = Machine.describe();
        facts.put("arguments",
                String.join(" ", spec.commandLine().getParseResult().originalArgs()));
        Tables tables = new Tables(System.out);
        tables.machine(facts);
        Results results;
        int[] done = {0};
        long cells = (long) plan.clientCounts().size() * plan.valueLengths().size();
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("gups")
                .setInitialMax(cells)
                .continuousUpdate()
                .build()) {
            results = new Sweep(plan, new Launcher(nodeArguments), facts).run(cell -> {
                bar.stepTo(done[0]++);
                bar.setExtraMessage(" " + cell);
            });
            bar.stepTo(cells);
        }
        tables.gups(results);
        System.out.println("CPUs used by others meanwhile: "
                + Figures.foreign(results.foreignCpus()));
        if (!output.toString().isEmpty()) {
            new ReportFiles(output).write(facts, results, List.of());
            plot(results);
        }
        return 0;
    }

    // A system without fonts cannot draw text; its figures are as good.
    private void plot(Results results) throws IOException {
        try {
            new Plots(results, output).write();
        } catch (RuntimeException | InternalError | LinkageError e) {
            System.err.println("no plots, as this system cannot draw text: " + e.getMessage()
                    + "; install fontconfig and a font");
        }
    }

    private Plan plan() {
        return new Plan(
                List.of(Peers.named(Peers.DDICT)),
                valueLengths(),
                clients,
                managers,
                quick ? 1 : 2,
                orElse(iterations, quick ? 3 : 5),
                TimeUnit.MILLISECONDS.toNanos(orElse(roundMillis, quick ? 50 : 300)),
                0,
                orElse(keysMax, quick ? 200_000 : 1_000_000),
                length("--content", content.isEmpty() ? quick ? "256m" : "3g" : content),
                quick,
                operations);
    }

    private List<Integer> valueLengths() {
        long first = length("--value-min", valueMin);
        long last = length("--value-max", valueMax);
        if (first < Long.BYTES || last < first || last > 1 << 30) {
            throw usage("value lengths out of range: --value-min=" + valueMin + ", --value-max="
                    + valueMax + "; from 8 bytes to 1g, the shorter one first");
        }
        List<Integer> all = LongStream.iterate(first, each -> each <= last, each -> 2 * each)
                .mapToObj(Math::toIntExact)
                .toList();
        int step = quick ? Math.max(1, all.size() / QUICK_STEPS) : 1;
        return all.stream().filter(each -> all.indexOf(each) % step == 0).toList();
    }

    private void check(Plan plan) {
        if (plan.rounds() < 1 || managers < 1 || plan.keysMax() < 1 || clients.isEmpty()) {
            throw usage("iterations, managers, keys and clients must be at least 1");
        }
        List<String> known = Arrays.stream(Phase.values())
                .filter(phase -> phase != Phase.INSERT)
                .map(Phase::label)
                .toList();
        for (String operation : operations) {
            if (!known.contains(operation)) {
                throw usage("no such operation: operation=" + operation + ", known="
                        + String.join(",", known));
            }
        }
        long pair = Keys.LENGTH + (long) plan.valueLengths().getLast();
        for (int count : clients) {
            if (count < 1) {
                throw usage("number of clients out of range: clients=" + count);
            }
            if (plan.contentLengthMax() / pair < count || plan.keysMax() < count) {
                throw usage("no memory for one key of each client: clients=" + count + ", pair="
                        + pair + "B, content=" + plan.contentLengthMax() + "B, maxKeys="
                        + plan.keysMax() + "; raise --content or lower --value-max");
            }
        }
    }

    private long length(String option, String text) {
        try {
            return ByteSize.parse(text).bytes();
        } catch (IllegalArgumentException e) {
            throw usage(option + ": " + e.getMessage());
        }
    }

    private ParameterException usage(String text) {
        return new ParameterException(spec.commandLine(), text);
    }

    private static int orElse(int given, int otherwise) {
        return given < 0 ? otherwise : given;
    }
}
