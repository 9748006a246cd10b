package io.ddict.bench.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.abort;

import io.ddict.bench.driver.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles a process that this test started. */
class ProfilerIT {
    private static final String METHOD = "beBusy";
    // What the kernel, or a container around it, answers.
    private static final Pattern FORBIDDEN = Pattern.compile("not permitted|ermission denied");

    @TempDir
    private Path folder;

    private Process busy;

    @BeforeEach
    void startProcess() throws IOException {
        busy = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+EnableDynamicAgentLoading",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:+DebugNonSafepoints",
                "-cp",
                System.getProperty("java.class.path"),
                Busy.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = busy.inputReader(StandardCharsets.UTF_8);
        assertThat(output.readLine()).isEqualTo("busy");
        requireProfiler();
    }

    @AfterEach
    void endProcess() throws Exception {
        busy.getOutputStream().close();
        assertThat(busy.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    private void requireProfiler() throws IOException {
        try (Profiler profiler =
                Profiler.start(busy.pid(), ProfileEvent.WALL, folder.resolve("try.collapsed"))) {
            profiler.stop();
        } catch (IllegalStateException e) {
            if (FORBIDDEN.matcher(e.getMessage()).find()) {
                abort("a process cannot be profiled here: " + e.getMessage());
            }
            throw e;
        }
    }

    @Test
    void findsWhereAProcessSpendsItsTime() throws Exception {
        Path file = folder.resolve("cpu.html");

        int exitCode = Main.run(
                "profile", Long.toString(busy.pid()), "--seconds", "1", "--output",
                file.toString());

        assertThat(exitCode).isZero();
        // Names share their beginnings with the ones before, in this format.
        assertThat(Files.readString(file)).contains("io/ddict/bench/profile/Busy", METHOD);
    }

    @Test
    void writesFoldedStacksToo() throws Exception {
        Path file = folder.resolve("wall.collapsed");

        int exitCode = Main.run(
                "profile", Long.toString(busy.pid()), "--seconds", "1", "--event", "wall",
                "--output", file.toString());

        assertThat(exitCode).isZero();
        assertThat(Files.readString(file)).contains("io/ddict/bench/profile/Busy." + METHOD);
    }

    @Test
    void tellsThatThereIsNoSuchProcess() {
        // Above the most that Linux gives.
        long pid = 1L << 30;

        assertThatIllegalStateException()
                .isThrownBy(() -> Profiler.start(pid, ProfileEvent.CPU, folder.resolve("p.html")))
                .withMessage("no such process: pid=" + pid);
    }

    @Test
    void refusesAnEventThatThereIsNot() {
        assertThat(Main.run("profile", "1", "--event", "sleep", "--output", "p.html")).isEqualTo(2);
    }
}
