package io.ddict.bench.compute;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.WorkerPool;
import java.io.File;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/*
 * Question: how long until a process runs the user's code, and until each process of a pool has?
 * Topology: this process, the node service, and the processes; each JVM wants a core of its own while it
 * starts. Both clocks are the machine's, so that a moment of one process can be taken from that of another.
 *
 * Each is measured by the class path of a small program, and by this one's, whose ninety jars a process opens
 * to look for services. The tasks of a pool sleep until all its processes have one.
 */

/** Starts of processes and of pools. */
public final class StartFigures {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private static final Pattern NEEDED = Pattern.compile(
            ".*/(commons-compiler|ddict|fory|hash4j|janino|jspecify)-[^/]*\\.jar");

    // Each takes seconds.
    private static final int POOL_ROUNDS_MAX = 3;
    private static final long SLEEP_MS = 1_000;
    private static final long SLEEP_EACH_MS = 200;

    private final ComputeEffort effort;

    public StartFigures(ComputeEffort effort) {
        this.effort = effort;
    }

    /** Measures. */
    public List<ComputeFigure> measure() {
        String whole = System.getProperty("java.class.path");
        String needed = needed(whole);
        List<ComputeFigure> figures = new ArrayList<>();
        long _ = startNs(needed);
        for (int round = 0; round < effort.rounds(); round++) {
            figures.add(start("start to first instruction", round, needed));
            figures.add(start("start of many jars to first instruction", round, whole));
        }
        for (int round = 0; round < Math.min(POOL_ROUNDS_MAX, effort.rounds()); round++) {
            figures.add(pool("pool until all run", round, needed));
            figures.add(pool("pool of many jars until all run", round, whole));
        }
        return figures;
    }

    private static ComputeFigure start(String what, int round, String classPath) {
        return ComputeFigure.time(what, "ddict", "1 process", round, startNs(classPath));
    }

    private static long startNs(String classPath) {
        long beginNs = System.nanoTime();
        Process process = Process.start(
                ProcessTemplate.of(() -> System.nanoTime()).jvmOptions("-cp", classPath));
        Long firstNs = process.result(TIMEOUT);
        return Objects.requireNonNull(firstNs) - beginNs;
    }

    private static String needed(String classPath) {
        return Stream.of(classPath.split(File.pathSeparator, -1))
                .filter(each -> NEEDED.matcher(each).matches())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private ComputeFigure pool(String what, int round, String classPath) {
        return ComputeFigure.time(
                what, "ddict", effort.processes() + " processes", round, poolNs(classPath));
    }

    private long poolNs(String classPath) {
        int processes = effort.processes();
        long sleepMs = SLEEP_MS + processes * SLEEP_EACH_MS;
        long beginNs = System.nanoTime();
        try (WorkerPool pool = WorkerPool.builder()
                .workers(processes)
                .processes(processes)
                .jvmOptions("-cp", classPath)
                .create()) {
            List<Begun> begun = pool.map(Collections.nCopies(processes, sleepMs), each -> {
                Begun mine = new Begun(ProcessHandle.current().pid(), System.nanoTime());
                Thread.sleep(each);
                return mine;
            }, 1);
            if (begun.stream().map(Begun::process).distinct().count() != processes) {
                throw new WrongContentException(
                        "not a process for each worker: processes=" + begun);
            }
            return begun.stream().mapToLong(Begun::atNs).max().orElseThrow() - beginNs;
        }
    }

    private record Begun(long process, long atNs) implements Serializable {}
}
