package io.ddict.pool;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.node.NodeProcess;
import io.ddict.pool.sync.DBarrier;
import io.ddict.pool.sync.DEvent;
import io.ddict.pool.sync.DLock;
import io.ddict.pool.sync.DQueue;
import io.ddict.pool.sync.DSemaphore;
import io.ddict.pool.sync.DValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
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
 * took a quarter of a worker's start. The file is mapped where it was made for: moved elsewhere, each process
 * would have a copy of a third of it.
 */

/** What lets Java processes start in two thirds of the time; {@code ddict run} makes it. */
public final class StartCache {
    private static final String QUIET = "-Xlog:aot=off";
    // Options of this kind come and go: a later JDK does without them, and takes a little longer.
    private static final int DIAGNOSED_JDK = 25;
    private static final List<String> DIAGNOSTIC = List.of(
            "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining", "-XX:-AOTReplayTraining",
            "-XX:ArchiveRelocationMode=0");
    // A JVM takes one cache of classes, and refuses to start with options for two.
    private static final Pattern OWN_CACHE =
            Pattern.compile("-Xshare.*|-XX:.*(AOT|Archive|ClassList).*");
    private static final int TASKS = 2_000;
    private static final int PATIENCE_S = 60;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final byte[] LARGE = new byte[1 << 20];

    private StartCache() {}

    /**
     * What a JVM is told, to use it; nothing if its own options speak of such a cache.
     *
     * @param isElsewhere whether it runs on another node, perhaps with another JDK
     */
    static List<String> options(List<String> own, boolean isElsewhere) {
        String file = java.lang.System.getProperty(NodeProcess.START_CACHE_PROPERTY, "");
        boolean hasOwn = own.stream().anyMatch(each -> OWN_CACHE.matcher(each).matches());
        return hasOwn || file.isEmpty() || !Files.isReadable(Path.of(file))
                ? List.of()
                : options("-XX:AOTCache=" + file, isElsewhere);
    }

    private static List<String> options(String use, boolean isElsewhere) {
        List<String> options = new ArrayList<>(List.of(QUIET, use));
        if (!isElsewhere && Runtime.version().feature() == DIAGNOSED_JDK) {
            options.addAll(DIAGNOSTIC);
        }
        return options;
    }

    /**
     * Makes the file, from what one worker of a pool needs, whose tasks use a bit of everything.
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
                .jvmOptions(options("-XX:AOTCacheOutput=" + file, false).toArray(String[]::new))
                .create();
        List<Integer> _ = pool.map(numbers, number -> number + 1);
        List<Integer> _ = pool.map(numbers, number -> number + 1, 1);
        List<String> _ = pool.map(List.of("a", "b"), text -> text + text);
        List<Integer> _ = pool.map(List.of(1), StartCache::useDictionary);
        List<Integer> _ = pool.map(List.of(1), StartCache::useWaits);
        pool.shutdown();
        boolean _ = pool.awaitTermination(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static int useDictionary(int number) throws InterruptedException {
        DDictConfig config = DDictConfig.builder().totalMemory(ByteSize.mib(4)).build();
        try (DDict<Object, Object> dict = DDict.create(config)) {
            for (Object each : List.of(number, 1L, 1.5, "text", new byte[1], List.of("a"))) {
                dict.put("key", each);
                Object _ = dict.get("key");
            }
            dict.put(1L, LARGE);
            Object _ = dict.get(1L);
            Object _ = dict.remove("key");
        }
        DQueue<Integer> queue = DQueue.create();
        queue.put(number);
        int taken = queue.take();
        queue.destroy();
        return taken;
    }

    private static int useWaits(int number) throws Exception {
        int _ = DBarrier.create(1).await(TIMEOUT);
        DEvent event = DEvent.create();
        DLock lock = DLock.create();
        lock.lock();
        try {
            event.set();
        } finally {
            lock.unlock();
        }
        boolean _ = event.await(TIMEOUT);
        DSemaphore semaphore = DSemaphore.create(1);
        semaphore.acquire();
        semaphore.release();
        return DValue.create(number).get();
    }
}
