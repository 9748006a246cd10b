package io.ddict.pool;

import io.ddict.client.node.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/*
 * The JVM's AOT cache (JEP 483 and 514): classes as they are once loaded and linked. It is for one JVM, and
 * for class paths that begin as the one that it was made with. One that does not fit is not used, of which
 * the JVM is not to speak: it may be nobody's fault.
 *
 * What the run has shown of methods (JEP 515) is left out: a JVM that knows compiles them at once, which
 * took a quarter of a worker's start.
 */

/** What lets Java processes start in two thirds of the time; {@code ddict run} makes it. */
public final class StartCache {
    private static final String QUIET = "-Xlog:aot=off";
    // A JVM takes one cache of classes, and refuses to start with options for two.
    private static final Pattern OWN_CACHE =
            Pattern.compile("-Xshare.*|-XX:.*(AOT|Archive|ClassList).*");
    private static final int TASKS = 2_000;
    private static final int PATIENCE_S = 60;

    private StartCache() {}

    /** What a JVM is told, to use it; nothing if its own options speak of such a cache. */
    static List<String> options(List<String> own) {
        String file = java.lang.System.getProperty(NodeProcess.START_CACHE_PROPERTY, "");
        boolean hasOwn = own.stream().anyMatch(each -> OWN_CACHE.matcher(each).matches());
        return hasOwn || file.isEmpty() || !Files.isReadable(Path.of(file))
                ? List.of()
                : List.of(QUIET, "-XX:AOTCache=" + file);
    }

    /**
     * Makes the file, from what one worker of a pool needs.
     *
     * @param arguments the file
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path file = Path.of(arguments[0]);
        Path unfinished = Path.of(file + "." + ProcessHandle.current().pid());
        try {
            rehearse(unfinished);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    // The JVM writes the file after the worker has ended, which the pool waits for.
    private static void rehearse(Path file) throws InterruptedException {
        List<Integer> numbers = IntStream.range(0, TASKS).boxed().toList();
        WorkerPool pool = WorkerPool.builder()
                .workers(1)
                .jvmOptions(
                        QUIET, "-XX:AOTCacheOutput=" + file, "-XX:+IgnoreUnrecognizedVMOptions",
                        "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining")
                .create();
        List<Integer> _ = pool.map(numbers, number -> number + 1);
        List<Integer> _ = pool.map(numbers, number -> number + 1, 1);
        List<String> _ = pool.map(List.of("a", "b"), text -> text + text);
        pool.shutdown();
        boolean _ = pool.awaitTermination(PATIENCE_S, TimeUnit.SECONDS);
    }
}
