package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./ddict bench}, from another folder. */
class BenchScriptIT {
    private static final Path SCRIPT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict");

    @TempDir
    private Path folder;

    private int run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), "bench"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start()
                .waitFor();
    }

    @Test
    void measuresAndPrintsOneLineForEachLength() throws Exception {
        int exitCode = run(
                "gups", "--value-max", "16", "--max-keys", "100", "--iterations", "1",
                "--round-millis", "5", "--operations", "overwrite");

        assertThat(exitCode).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .anyMatch(line -> line.matches("overwrite +1 +8 B +1 +100 .*"))
                .anyMatch(line -> line.matches("overwrite +1 +16 B +1 +100 .*"));
    }

    @Test
    void drawsAQuickSweep() throws Exception {
        int exitCode = run(
                "gups", "--quick", "--value-max", "1k", "--max-keys", "1000", "--round-millis", "5",
                "--output", "gups");

        assertThat(exitCode).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .anyMatch(line -> line.matches("batch-put +1 +1 KiB +3 +1000 .*"))
                .anyMatch(line -> line.matches("frozen-get +1 +8 B +3 +1000 .*"));
        for (String file : List.of(
                "throughput.csv", "results.json", "bandwidth.svg", "bandwidth.png",
                "operations.svg", "operations.png")) {
            assertThat(folder.resolve("gups").resolve(file)).isNotEmptyFile();
        }
    }

    @Test
    void printsPercentilesForEachRate() throws Exception {
        int exitCode = run(
                "latency", "--quick", "--sizes", "8", "--rate", "0,10k", "--max-keys", "1000",
                "--round-millis", "5", "--latency-millis", "20", "--phases", "overwrite,into-hot");

        assertThat(exitCode).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .contains("overwrite, latency", "into-hot, latency")
                .anyMatch(line -> line.matches("ddict P=1 +8 B +- .*"))
                .anyMatch(line -> line.matches("ddict P=1 +8 B +10 k .*"));
    }

    @Test
    void printsTheLimitsOfTheMachine() throws Exception {
        assertThat(run("limits", "--quick")).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .anyMatch(
                        line -> line.matches("copy, heap to shared memory +1 +1 KiB +sum .* GB/s"))
                .anyMatch(line -> line.matches("round trip, Unix socket +1 +136 B +p50 .*"));
    }

    @Test
    void printsWhatPersistingCostsWriters() throws Exception {
        int exitCode = run(
                "durability", folder.toString(), "--keys", "2000", "--rounds", "1",
                "--round-millis",
                "100");

        assertThat(exitCode).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .anyMatch(line -> line.matches("beside persist\\(\\) +[\\d.]+ .*"))
                .anyMatch(line -> line.matches(" +a persist\\(\\) of 2 MB, beside the puts: .*"))
                .anyMatch(line -> line.matches("continuous, few keys +[\\d.]+ .*"));
        assertThat(folder).isDirectoryNotContaining("glob:**ddict-bench-*");
    }

    @Test
    void printsWhatValuesOnADiskCost() throws Exception {
        int exitCode = run(
                "spill", folder.toString(), "--keys", "1000", "--rounds", "1", "--round-millis",
                "100");

        assertThat(exitCode).as(Files.readString(folder.resolve("err"))).isZero();
        assertThat(Files.readAllLines(folder.resolve("out")))
                .anyMatch(line -> line.matches("into-random +in memory +[\\d.]+ .*"))
                .anyMatch(line -> line.matches("overwrite +1/4 in memory +[\\d.]+ .*"))
                .anyMatch(line -> line.matches("1/4 in memory: spilled=[1-9].*, failed=0"));
        assertThat(folder).isDirectoryNotContaining("glob:**.spill");
    }

    @Test
    void refusesWithOneLine() throws Exception {
        assertThat(run("gups", "--clients", "0")).isEqualTo(2);
        assertThat(folder.resolve("err")).hasContent(
                "ddict bench: number of clients out of range: clients=0;"
                        + " see ddict bench gups --help");
    }
}
