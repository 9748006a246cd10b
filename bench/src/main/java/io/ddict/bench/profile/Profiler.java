package io.ddict.bench.profile;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import one.profiler.AsyncProfilerLoader;

/*
 * The profiler is loaded into the other JVM through the attach mechanism, which needs the same user
 * and the same file system, and makes that JVM warn on its standard error of an agent that was
 * loaded. Kept loaded, as a library cannot be unloaded; between profiles it does nothing.
 */

/** A profile of a running JVM, by process id. One thread. */
public final class Profiler implements AutoCloseable {
    private final long pid;
    private final Path file;
    private boolean running;

    private Profiler(long pid, Path file) {
        this.pid = pid;
        this.file = file.toAbsolutePath();
    }

    /**
     * Starts to take samples in a JVM; it goes on at about its own speed.
     *
     * @param file where {@link #stop} lets that JVM write: a flame graph if it ends in .html, folded
     *     stacks if in .collapsed
     * @throws IllegalStateException if the process cannot be profiled, with the profiler's words
     */
    public static Profiler start(long pid, ProfileEvent event, Path file) throws IOException {
        return start(pid, event, file, System.err);
    }

    /** As the other; what has to be told about the event goes to a stream. */
    static Profiler start(long pid, ProfileEvent event, Path file, PrintStream told)
            throws IOException {
        if (ProcessHandle.of(pid).isEmpty()) {
            throw new IllegalStateException("no such process: pid=" + pid);
        }
        String name = ProfilerLibrary.extract().eventName(event, told);
        Profiler profiler = new Profiler(pid, file);
        profiler.execute("start", "-e", name);
        profiler.running = true;
        return profiler;
    }

    /** Ends the profile and writes its file. Blocks until it is written. */
    public void stop() throws IOException {
        if (running) {
            running = false;
            execute("stop", "-f", file.toString());
            if (!Files.exists(file)) {
                throw new IllegalStateException("profile not written: file=" + file);
            }
        }
    }

    /** Ends the profile, if it was not, and writes its file. */
    @Override
    public void close() throws IOException {
        stop();
    }

    private void execute(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.add(Long.toString(pid));
        try {
            AsyncProfilerLoader.executeProfiler(arguments.toArray(String[]::new));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "profiler failed: arguments=" + arguments + ", cause=" + e.getMessage(), e);
        }
    }
}
