package io.ddict.bench.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/*
 * Runs the stress tests of this package as jcstress does, in short. For a long run:
 *
 *   java -cp <bench class path> org.openjdk.jcstress.Main -t io.ddict -m default
 */
class StressIT {
    @TempDir
    Path directory;

    @Test
    @Timeout(value = 240, unit = TimeUnit.SECONDS)
    void showsNoForbiddenOutcome() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .containsPattern(
                        "[1-9][0-9]* planned; [1-9][0-9]* passed, 0 failed, 0 soft errs, 0 hard")
                .contains("Failed tests: No matches", "Error tests: No matches");
    }

    private static List<String> command() {
        String java = ProcessHandle.current().info().command().orElseThrow();
        return List.of(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-t",
                "io\\.ddict",
                "-m",
                "sanity",
                "-f",
                "1");
    }
}
