package io.ddict.bench.jmh;

import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/*
 * The steps of a put and a get allocate nothing, on both sides (D7). So a benchmark passes if it
 * allocates nothing, unless it says by @Allocates why it must: a new one is held to that without
 * being named anywhere.
 *
 * The least of a benchmark's iterations counts. What allocates for each operation does so in all of
 * them, while the first may have a compiler's garbage in it, and the last has what closing files
 * leaves: some 100 KB, which is half a byte and more for operations that take a microsecond. JMH itself
 * allocates some 10 KB in each, so where few operations were done, more is allowed for one of them.
 */

/** Judges the bytes that benchmarks allocate for each operation. */
final class AllocationCriterion {
    // Other threads of the JVM allocate too; the smallest object there is has 16 bytes.
    private static final double BYTES_MAX = 0.5;
    private static final double BYTES_PER_ITERATION_MAX = 32 << 10;
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private final StringBuilder report = new StringBuilder();
    private boolean met = true;

    /**
     * Judges results that were taken with the GC profiler.
     *
     * @throws IllegalStateException if one of them says nothing about allocation
     */
    AllocationCriterion judge(Collection<RunResult> results) {
        for (RunResult result : results) {
            Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
            String name = name(result.getParams());
            if (allocated == null) {
                throw new IllegalStateException("allocation not measured: benchmark=" + name);
            }
            judge(
                    name,
                    mayAllocate(result.getParams().getBenchmark()),
                    allocated.getStatistics().getMin(),
                    operationsPerIteration(result));
        }
        return this;
    }

    /** Judges one benchmark by the bytes for each operation of an iteration of so many. */
    void judge(String name, boolean mayAllocate, double bytes, double operations) {
        boolean allocates = !(bytes < Math.max(BYTES_MAX, BYTES_PER_ITERATION_MAX / operations));
        met &= mayAllocate || !allocates;
        String verdict = !allocates ? "none" : mayAllocate ? "allowed" : "MISSED";
        report.append(
                String.format(
                        Locale.ROOT, "allocation %-7s %10.3f B/op  %s%n", verdict, bytes, name));
    }

    // All of them measure the average time, in nanoseconds.
    private static double operationsPerIteration(RunResult result) {
        return result.getParams().getMeasurement().getTime().convertTo(TimeUnit.NANOSECONDS)
                / result.getPrimaryResult().getScore();
    }

    /** Whether none allocates that must not. */
    boolean isMet() {
        return met;
    }

    /** A line for each. */
    String report() {
        return report.toString();
    }

    /** Whether a benchmark, by its full name, says that it allocates. */
    static boolean mayAllocate(String benchmark) {
        int dot = benchmark.lastIndexOf('.');
        try {
            Class<?> owner = Class.forName(benchmark.substring(0, dot));
            return Stream.of(owner.getMethods())
                    .filter(method -> method.getName().equals(benchmark.substring(dot + 1)))
                    .anyMatch(AllocationCriterion::mayAllocate);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("class of a benchmark is gone: name=" + benchmark, e);
        }
    }

    private static boolean mayAllocate(Method method) {
        return method.isAnnotationPresent(Allocates.class);
    }

    private static String name(BenchmarkParams params) {
        String full = params.getBenchmark();
        int dot = full.lastIndexOf('.', full.lastIndexOf('.') - 1);
        String values = params.getParamsKeys().stream()
                .map(key -> " " + key + "=" + params.getParam(key))
                .collect(Collectors.joining());
        return full.substring(dot + 1) + values;
    }
}
