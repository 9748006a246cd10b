package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code ddict run}, with a program that uses processes. */
@ExtendWith(NothingLeft.class)
class RunScriptIT {
    private static final Path SCRIPT =
            Path.of(java.lang.System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict");

    @TempDir
    private Path folder;

    @Test
    void saysHelloFromAProcessForEachCpu() throws Exception {
        String cluster = "hello-" + ProcessHandle.current().pid();
        Path classes =
                Path.of(Hello.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        long startNs = java.lang.System.nanoTime();
        java.lang.Process command = new ProcessBuilder(
                SCRIPT.toString(), "run", "--cluster", cluster, "-cp", classes.toString(),
                Hello.class.getName(), "payload")
                .redirectError(folder.resolve("err").toFile())
                .start();
        List<String> lines = new String(
                command.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertThat(command.waitFor(30, TimeUnit.SECONDS)).isTrue();
        java.lang.System.out.printf(
                Locale.ROOT, "ddict run of hello world: %d ms%n",
                (java.lang.System.nanoTime() - startNs) / 1_000_000);

        assertThat(command.exitValue()).isZero();
        // The first run with a JDK says before that it prepares something.
        assertThat(Files.readAllLines(folder.resolve("err")))
                .endsWith("ddict: head program ended: exitCode=0");
        assertThat(lines).hasSize(Runtime.getRuntime().availableProcessors())
                .allMatch(each -> each.matches("process \\d+ says payload"));
        NothingLeft.awaitNoProcess(cluster);
        assertThat(NothingLeft.files(cluster)).isEmpty();
    }

    @Test
    void startsProcessesFromTheirCacheOfClasses() throws Exception {
        Path classes =
                Path.of(Loads.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path loaded = folder.resolve("loaded");
        java.lang.Process command = new ProcessBuilder(
                SCRIPT.toString(), "run", "-cp", classes.toString(),
                Loads.class.getName(), loaded.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        assertThat(command.waitFor(50, TimeUnit.SECONDS)).isTrue();

        assertThat(folder.resolve("out")).content().endsWith("exitCode=0\n");
        assertThat(loaded).content()
                .contains("io.ddict.pool.PoolWorker source: shared objects file")
                .contains("io.ddict.client.SharedQueue source: shared objects file");
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
