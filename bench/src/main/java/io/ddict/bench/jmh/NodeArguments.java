package io.ddict.bench.jmh;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.ExternalProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;

/*
 * Benchmarks of the node service's parts need its JVM flags; all others run without, as clients do.
 * An annotation could name the file of those flags only relative to the working directory. A
 * profiler is the one place where JMH asks for flags benchmark by benchmark.
 */

/** Gives the forks that need them the JVM flags of a node service; profiles nothing. */
public final class NodeArguments implements ExternalProfiler {
    private static final Path FILE = Path.of(".config", "node.args");
    private static final Set<String> OWNERS = Set.of(
            ApplyBenchmark.class.getName(),
            KeyTableBenchmark.class.getName(),
            PoolBenchmark.class.getName());

    /** The file of {@code ddict.home}, or of the repository around the working directory. */
    public static Path file() {
        String home = System.getProperty("ddict.home");
        if (home != null) {
            return Path.of(home, "node.args");
        }
        Path folder = Path.of("").toAbsolutePath();
        while (folder.getParent() != null && !Files.exists(folder.resolve(FILE))) {
            folder = folder.getParent();
        }
        return folder.resolve(FILE);
    }

    @Override
    public String getDescription() {
        return "JVM flags of a node service, for the benchmarks that need them";
    }

    @Override
    public Collection<String> addJVMInvokeOptions(BenchmarkParams params) {
        return List.of();
    }

    @Override
    public Collection<String> addJVMOptions(BenchmarkParams params) {
        String benchmark = params.getBenchmark();
        String owner = benchmark.substring(0, benchmark.lastIndexOf('.'));
        return OWNERS.contains(owner) ? List.of("@" + file()) : List.of();
    }

    @Override
    public void beforeTrial(BenchmarkParams params) {}

    @Override
    public Collection<? extends Result<?>> afterTrial(
            BenchmarkResult result, long pid, File standardOutput, File standardError) {
        return List.of();
    }

    @Override
    public boolean allowPrintOut() {
        return true;
    }

    @Override
    public boolean allowPrintErr() {
        return true;
    }
}
