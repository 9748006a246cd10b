package io.ddict.bench.jmh;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/*
 * Question: what do the parts cost, and do the paths of D7 allocate nothing?
 * Topology: one JVM per benchmark; those of a live dictionary have a node service beside them and
 * want two cores. Run in the repository's root: the forks with flags read .config/node.args.
 */

/** Runs the JMH benchmarks with the GC profiler; exits with 2 if a path of D7 allocates. */
public final class Main {
    private static final String ALLOCATED = "gc.alloc.rate.norm";
    // What other threads of the JVM leave behind, spread over millions of operations.
    private static final double ALLOCATED_MAX = 0.5;
    private static final List<String> MUST_NOT_ALLOCATE =
            List.of(
                    "DictBenchmark.put",
                    "DictBenchmark.getInto",
                    "DictBenchmark.putThenGetInto",
                    "PoolBenchmark.overwrite",
                    "RingBenchmark.publish");

    private Main() {}

    /** Takes JMH's own arguments: a pattern of names, {@code -wi}, {@code -i}, {@code -p}, ... */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        CommandLineOptions given = new CommandLineOptions(arguments);
        ChainedOptionsBuilder options = new OptionsBuilder().parent(given);
        if (given.getIncludes().isEmpty()) {
            options.include("io\\.ddict\\.bench\\.jmh\\..*");
        }
        options.addProfiler(GCProfiler.class);
        Collection<RunResult> results = new Runner(options.build()).run();
        System.exit(reportAllocation(results) ? 0 : 2);
    }

    private static boolean reportAllocation(Collection<RunResult> results) {
        boolean met = true;
        for (RunResult result : results) {
            Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
            String name = result.getParams().getBenchmark();
            if (allocated != null && MUST_NOT_ALLOCATE.stream().anyMatch(name::endsWith)) {
                boolean none = allocated.getScore() < ALLOCATED_MAX;
                met &= none;
                System.out.printf(Locale.ROOT,
                        "D7 %-6s %s: %.3f B/op%n",
                        none ? "met" : "MISSED",
                        name,
                        allocated.getScore());
            }
        }
        return met;
    }
}
