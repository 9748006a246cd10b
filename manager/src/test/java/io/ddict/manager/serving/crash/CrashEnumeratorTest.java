package io.ddict.manager.serving.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.serving.crash.CrashEnumerator.Counts;
import io.ddict.manager.serving.crash.RecordedRun.Recording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/*
 * Question: whatever store a manager or a client makes last, does the next manager find a pool in which
 * each operation that was published is applied once, and nothing else? Every one of these stores is
 * tried. The seed chooses the random scenarios, which plain stores get lost, and which crash of each
 * scenario is taken over by a manager that crashes in its turn.
 */

/** Lets managers and clients die after each of their stores. */
class CrashEnumeratorTest {
    private static final String PROPERTY = "ddict.test.seed";
    private static final long SEED = Long.getLong(PROPERTY, ThreadLocalRandom.current().nextInt());
    private static final int THREADS = 2;
    private static final int TAKEOVER_EVERY = 3;
    private static final int FAILURES_SHOWN = 5;
    private static final Counts COUNTS = new Counts();
    private static final long START_NS = System.nanoTime();

    @TempDir(factory = SharedMemory.class)
    private Path directory;

    static List<Scenario> scenarios() {
        System.out.printf(Locale.ROOT,
                "%s: seed=%d, repeat with: mvn -pl manager test -Dtest=%s -D%s=%d%n",
                CrashEnumeratorTest.class.getSimpleName(),
                SEED,
                CrashEnumeratorTest.class.getSimpleName(),
                PROPERTY,
                SEED);
        return Scenarios.all(new Random(SEED));
    }

    @AfterAll
    static void tellCounts() {
        System.out.printf(Locale.ROOT,
                "%s: %s, %d ms%n",
                CrashEnumeratorTest.class.getSimpleName(),
                COUNTS,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - START_NS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void appliesWhatWasPublishedOnceWhereverItCrashes(Scenario scenario)
            throws IOException, InterruptedException {
        Recording recording =
                RecordedRun.record(scenario, Files.createDirectory(directory.resolve("run")));
        List<String> failures = new ArrayList<>(enumerate(recording, "first"));
        Random random = new Random(SEED + scenario.name().hashCode());
        if (failures.isEmpty() && random.nextInt(TAKEOVER_EVERY) == 0) {
            int prefix = random.nextInt(recording.stores().size() + 1);
            Path takeover = Files.createDirectory(directory.resolve("takeover"));
            failures.addAll(
                    enumerate(RecordedRun.recordTakeover(recording, prefix, takeover), "second"));
        }
        assertThat(failures.stream().limit(FAILURES_SHOWN)).as("%d failures", failures.size())
                .isEmpty();
    }

    private List<String> enumerate(Recording recording, String name)
            throws IOException, InterruptedException {
        Path own = Files.createDirectory(directory.resolve(name));
        return CrashEnumerator.run(recording, own, THREADS, SEED, COUNTS);
    }

    /** Makes directories where pools live; JUnit deletes them. */
    static final class SharedMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
                throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "ddict-crash-");
        }
    }
}
