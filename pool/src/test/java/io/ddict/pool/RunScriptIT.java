package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code ddict run}, with a program that uses processes. */
@ExtendWith(NothingLeft.class)
class RunScriptIT {
    static final String ENDED = "ddict: head program ended: exitCode=0\n";

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
    }

    @Test
    void saysHelloFromAProcessForEachCpu() throws Exception {
        String cluster = "hello-" + ProcessHandle.current().pid();
        long startNs = java.lang.System.nanoTime();
        ScriptRun run = ScriptRun.ofRun(
                folder, "--cluster", cluster, "-cp", classes(), Hello.class.getName(), "payload");
        java.lang.System.out.printf(
                Locale.ROOT, "ddict run of hello world: %d ms%n",
                (java.lang.System.nanoTime() - startNs) / 1_000_000);

        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEqualTo(ENDED);
        assertThat(run.lines()).hasSize(Runtime.getRuntime().availableProcessors())
                .allMatch(each -> each.matches("process \\d+ says payload"));
        NothingLeft.awaitNoProcess(cluster);
        assertThat(NothingLeft.files(cluster)).isEmpty();
    }

    @Test
    void startsProcessesFromTheirCacheOfClasses() throws Exception {
        Path loaded = folder.resolve("loaded");
        ScriptRun run = ScriptRun.ofRun(
                folder, "-cp", classes(), Loads.class.getName(), loaded.toString());

        assertThat(run.errors()).isEqualTo(ENDED);
        assertThat(loaded).content()
                .contains("io.ddict.pool.PoolWorker source: shared objects file")
                .contains("io.ddict.client.SharedQueue source: shared objects file");
    }

    @Test
    void startsProcessesWithCachesOfTheirOwn() throws Exception {
        ScriptRun run = ScriptRun.ofRun(
                folder, "-cp", classes(), OwnCaches.class.getName(), "-Xshare:off", "-Xshare:auto",
                "-XX:SharedArchiveFile=" + folder.resolve("none"), "-XX:AOTMode=off");

        assertThat(run.lines()).as(run.errors()).contains("exit codes: [0, 0, 0, 0]");
    }

    static String classes() throws Exception {
        return Path.of(Hello.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    /** Starts a process with each argument as an option of its JVM. */
    static final class OwnCaches {
        private OwnCaches() {}

        public static void main(String[] options) {
            ProcessTemplate template = ProcessTemplate.of(() -> {});
            java.lang.System.out.println("exit codes: " + Stream.of(options)
                    .map(each -> Process.start(template.jvmOptions(each))
                            .join(Duration.ofSeconds(30)))
                    .toList());
        }
    }

    /** Tells where a worker's JVM had its classes from. */
    static final class Loads {
        private Loads() {}

        public static void main(String[] arguments) {
            WorkerPool.Builder logging = WorkerPool.builder()
                    .workers(1)
                    .jvmOptions("-Xlog:class+load:file=" + arguments[0]);
            try (WorkerPool pool = logging.create()) {
                pool.submit(() -> 1).join();
            }
        }
    }

    /** Hello world: a process for each CPU. */
    static final class Hello {
        private Hello() {}

        public static void main(String[] arguments) {
            String payload = arguments[0];
            int cpus = Runtime.getRuntime().availableProcessors();
            try (ProcessGroup group = ProcessGroup.builder()
                    .add(cpus, ProcessTemplate.of(() -> java.lang.System.out.println(
                            "process " + ProcessHandle.current().pid() + " says " + payload)))
                    .build()) {
                group.start();
                group.join();
            }
        }
    }
}
