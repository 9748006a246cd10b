package io.ddict.bench.profile;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import one.profiler.AsyncProfilerLoader;
import org.jspecify.annotations.Nullable;

/*
 * The loader remembers in static fields where its files are, so they are written once, and removed
 * when this process ends. Without a folder of our own they would be in the user's home, for ever.
 */

/** The profiler's files, in a temporary folder for as long as this process lives. */
public final class ProfilerLibrary {
    private static final String CPU_WITHOUT_PERF_EVENTS = "ctimer";

    private static @Nullable ProfilerLibrary extracted;

    private final Path library;

    private ProfilerLibrary(Path library) {
        this.library = library;
    }

    /**
     * Writes the files, unless they are there already.
     *
     * @throws IllegalStateException if there is no profiler for this system and processor
     */
    public static synchronized ProfilerLibrary extract() throws IOException {
        if (extracted == null) {
            if (!AsyncProfilerLoader.isSupported()) {
                throw new IllegalStateException(
                        "no profiler for this machine: system=" + System.getProperty("os.name")
                                + ", architecture=" + System.getProperty("os.arch"));
            }
            Path folder = Files.createTempDirectory("ddict-profiler-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
            AsyncProfilerLoader.setExtractionDirectory(folder);
            extracted = new ProfilerLibrary(AsyncProfilerLoader.getAsyncProfilerPath());
        }
        return extracted;
    }

    /** The library that is loaded into a JVM. */
    public Path path() {
        return library;
    }

    /**
     * The name of an event to give to the profiler. Where the kernel forbids perf events, processor
     * time is sampled by a timer of each thread, without what happens inside the kernel: this is
     * told.
     */
    public String eventName(ProfileEvent event, PrintStream told) throws IOException {
        if (event == ProfileEvent.CPU && !PerfEvents.areAllowed(library)) {
            told.println("perf events are not allowed here: event=" + CPU_WITHOUT_PERF_EVENTS
                    + "; frames of the kernel are missing");
            return CPU_WITHOUT_PERF_EVENTS;
        }
        return event.word();
    }

    // JVMs that have loaded the library keep it.
    private static void remove(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.delete(path);
            }
        } catch (IOException e) {
            System.err.println("profiler's files not removed: folder=" + folder + ", cause=" + e);
        }
    }
}
