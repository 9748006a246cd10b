package io.ddict.bench.profile;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import one.profiler.AsyncProfiler;

/*
 * Only the kernel knows, so the profiler is asked to start. It is asked in a JVM of its own, as the
 * library serves the class that loads it first and no other: in this JVM that will be JMH's.
 */

/** Whether the kernel lets the profiler use perf events. */
final class PerfEvents {
    private PerfEvents() {}

    /** Tries; takes about a third of a second. */
    static boolean areAllowed(Path library) throws IOException {
        Process process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PerfEvents.class.getName(),
                library.toString())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)
                .start();
        try {
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while perf events were tried", e);
        }
    }

    /** The other JVM: throws if they are not. */
    public static void main(String[] arguments) throws IOException {
        AsyncProfiler profiler = AsyncProfiler.getInstance(arguments[0]);
        profiler.execute("start,event=cpu-clock");
        profiler.execute("stop");
    }
}
