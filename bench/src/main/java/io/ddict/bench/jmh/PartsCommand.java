package io.ddict.bench.jmh;

import io.ddict.bench.profile.ProfileEvent;
import io.ddict.bench.profile.ProfilerLibrary;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.AsyncProfiler;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/*
 * Question: what do the parts cost, and do the paths of D7 allocate nothing?
 * Topology: one JVM per benchmark; those of a live dictionary have a node service beside them and
 * want two cores.
 */

/** {@code bench parts}: the JMH benchmarks, and whether one allocates that must not. */
@Command(
        name = "parts",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        synopsisSubcommandLabel = "[JMH arguments]",
        description = {
            "Measures the steps of a put and a get alone, and the bytes that each allocates.",
            "All else is given to JMH: a pattern of names, -l, -f, -wi, -i, -w, -r, -p, ..."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a benchmark failed",
            "2:the command line is not allowed, or a benchmark allocates that must not"})
public final class PartsCommand implements Callable<Integer> {
    private static final String ALL = "io\\.ddict\\..*";
    private static final int QUICK_ITERATIONS = 2;
    // Code that is not compiled yet allocates where compiled code does not.
    private static final TimeValue QUICK_WARMUP = TimeValue.milliseconds(400);
    private static final TimeValue QUICK_TIME = TimeValue.milliseconds(200);
    private static final Map<String, String> QUICK_PARAMETERS = Map.of(
            "keys", "10000", "keyLength", "128", "valueLength", "8",
            "kind", "bytes-1k,text", "slots", "100000", "runs", "4096", "lookAhead", "true");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--quick", description = "Fewer parameters, short rounds: about a minute.")
    private boolean quick;

    @Option(
            names = "--profile",
            converter = ProfileEvent.Converter.class,
            description = "Writes a flame graph of each benchmark: cpu, alloc, lock or wall;"
                    + " allocation is not judged then.")
    private @Nullable ProfileEvent event;

    @Option(
            names = "--output",
            description = "Folder for parts.json and the flame graphs (default: none).")
    private @Nullable Path output;

    @Unmatched
    private List<String> jmhArguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        CommandLineOptions given = parse();
        ChainedOptionsBuilder options = options(given);
        if (given.shouldList()) {
            new Runner(options.build()).list();
            return 0;
        }
        if (output != null) {
            Files.createDirectories(output);
            options.resultFormat(given.getResultFormat().orElse(ResultFormatType.JSON));
            options.result(given.getResult().orElse(output.resolve("parts.json").toString()));
        }
        return event == null ? judge(options) : profile(options, given, event);
    }

    private int judge(ChainedOptionsBuilder options) {
        options.addProfiler(GCProfiler.class);
        AllocationCriterion criterion = new AllocationCriterion().judge(run(options));
        System.out.print(criterion.report());
        return criterion.isMet() ? 0 : 2;
    }

    private int profile(
            ChainedOptionsBuilder options, CommandLineOptions given, ProfileEvent wanted)
            throws IOException {
        if (output == null) {
            throw refused("no folder for the flame graphs: give --output", null);
        }
        ProfilerLibrary library = ProfilerLibrary.extract();
        String sampled = library.eventName(wanted, System.err);
        options.addProfiler(
                AsyncProfiler.class,
                "output=flamegraph;direction=forward;event=" + sampled
                        + ";libPath=" + library.path()
                        + ";dir=" + output.toAbsolutePath());
        List<String> arguments =
                new ArrayList<>(given.getJvmArgsAppend().orElse(List.of()));
        // Else a sample is ascribed to the next safepoint, which may be far.
        arguments.add("-XX:+UnlockDiagnosticVMOptions");
        arguments.add("-XX:+DebugNonSafepoints");
        // The fork loads the profiler.
        arguments.add("--enable-native-access=ALL-UNNAMED");
        options.jvmArgsAppend(arguments.toArray(String[]::new));
        run(options);
        System.out.println("flame graphs: folder=" + output.toAbsolutePath());
        return 0;
    }

    private Collection<RunResult> run(ChainedOptionsBuilder options) {
        try {
            return new Runner(options.build()).run();
        } catch (NoBenchmarksException e) {
            throw refused("no such benchmark: arguments=" + jmhArguments + "; -l lists all", e);
        } catch (RunnerException e) {
            throw new IllegalStateException("benchmark failed: cause=" + e.getMessage(), e);
        }
    }

    private CommandLineOptions parse() {
        try {
            return new CommandLineOptions(jmhArguments.toArray(String[]::new));
        } catch (CommandLineOptionException e) {
            throw refused("not understood by JMH: arguments=" + jmhArguments + ", cause="
                    + e.getMessage(), e);
        }
    }

    private ChainedOptionsBuilder options(CommandLineOptions given) {
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given)
                .shouldFailOnError(true)
                .addProfiler(NodeArguments.class);
        if (given.getIncludes().isEmpty()) {
            options.include(ALL);
        }
        if (!given.getJvmArgs().hasValue()) {
            options.jvmArgs(forkArguments());
        }
        if (quick) {
            shorten(options, given);
        }
        return options;
    }

    // Where we are installed, but none of the flags that this JVM has and a client's has not.
    private static String[] forkArguments() {
        List<String> arguments = new ArrayList<>();
        for (String each : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (each.startsWith("-Dddict.")) {
                arguments.add(each);
            }
        }
        // JMH's own need.
        arguments.add("--sun-misc-unsafe-memory-access=allow");
        return arguments.toArray(String[]::new);
    }

    private static void shorten(ChainedOptionsBuilder options, CommandLineOptions given) {
        options.warmupIterations(given.getWarmupIterations().orElse(QUICK_ITERATIONS));
        options.measurementIterations(given.getMeasurementIterations().orElse(QUICK_ITERATIONS));
        options.warmupTime(given.getWarmupTime().orElse(QUICK_WARMUP));
        options.measurementTime(given.getMeasurementTime().orElse(QUICK_TIME));
        QUICK_PARAMETERS.forEach((name, value) -> {
            if (!given.getParameter(name).hasValue()) {
                options.param(name, value.split(","));
            }
        });
    }

    private ParameterException refused(String message, @Nullable Exception cause) {
        return new ParameterException(spec.commandLine(), message, cause);
    }
}
