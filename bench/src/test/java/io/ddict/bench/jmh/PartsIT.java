package io.ddict.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./ddict bench parts}, from another folder. */
class PartsIT {
    private static final Path SCRIPT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict");
    private static final List<String> SHORT =
            List.of("--quick", "-f", "1", "-wi", "1", "-w", "100ms", "-i", "1", "-r", "50ms");

    @TempDir
    private Path folder;

    private int run(List<String> options, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), "bench", "parts"));
        command.addAll(options);
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start()
                .waitFor();
    }

    private String printed(String file) throws IOException {
        return Files.readString(folder.resolve(file));
    }

    @Test
    void measuresAndJudgesAllocation() throws Exception {
        int exitCode = run(SHORT, "--output", "results", "KeyHashBenchmark");

        assertThat(exitCode).as(printed("err") + printed("out")).isZero();
        assertThat(printed("out"))
                .containsPattern(
                        "allocation none +0\\.\\d+ B/op  KeyHashBenchmark.hash keyLength=128");
        assertThat(printed("err")).isEmpty();
        assertThat(folder.resolve("results").resolve("parts.json")).isNotEmptyFile();
    }

    @Test
    void givesTheNodeServicesFlagsToThoseThatNeedThem() throws Exception {
        int exitCode = run(SHORT, "KeyTableBenchmark.find");

        assertThat(printed("out")).as(printed("err")).contains("KeyTableBenchmark.find keys=10000");
        // Whether so short a run is warm enough to allocate nothing is not asked here.
        assertThat(exitCode).isIn(0, 2);
    }

    @Test
    void writesAFlameGraphOfEachBenchmark() throws Exception {
        int exitCode = run(SHORT, "--profile", "cpu", "--output", "profile", "KeyHashBenchmark");

        assertThat(exitCode).as(printed("err") + printed("out")).isZero();
        try (Stream<Path> files = Files.walk(folder.resolve("profile"))) {
            assertThat(files.filter(each -> each.toString().endsWith(".html")))
                    .singleElement()
                    .satisfies(file -> assertThat(Files.readString(file)).contains("KeyHash"));
        }
    }

    @Test
    void refusesWhatNamesNoBenchmark() throws Exception {
        assertThat(run(List.of(), "NoSuchBenchmark")).isEqualTo(2);
        assertThat(printed("err"))
                .contains("no such benchmark: arguments=[NoSuchBenchmark]; -l lists all");
    }

    @Test
    void refusesAProfileWithoutAFolder() throws Exception {
        assertThat(run(List.of(), "--profile", "cpu", "KeyHash")).isEqualTo(2);
        assertThat(printed("err")).contains("no folder for the flame graphs: give --output");
    }
}
