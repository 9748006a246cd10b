package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DriverTest {
    @TempDir
    Path folder;

    @Test
    void measuresDDictBesideThePeersAndLimitsWithTwoClients() throws IOException {
        int status = Main.run(
                "peers", "--quick", "--peers", "copy,ddict,socket,chronicle", "--sizes",
                "8,64k,1m", "--clients", "2", "--warmups", "0", "--rounds", "1", "--round-millis",
                "5", "--keys", "500", "--total-memory", "16m", "--output", folder.toString());

        assertThat(status).isZero();
        List<String> rounds = Files.readAllLines(folder.resolve("throughput.csv"));
        assertThat(rounds.getFirst()).startsWith("peer,clients,valueLength,keys,phase,round,ops");
        assertThat(rounds).anyMatch(row -> row.startsWith("ddict,2,8,500,overwrite,0,"));
        assertThat(rounds).anyMatch(row -> row.startsWith("socket,2,65536,"));
        assertThat(rounds).anyMatch(row -> row.startsWith("copy,2,1048576,"));
        assertThat(Files.readString(folder.resolve("targets.csv"))).contains("D2,");
        assertThat(Files.readString(folder.resolve("results.json"))).contains("\"jdk\"",
                "\"commit\"");
        assertThat(Files.readAllLines(folder.resolve("ratios.md")))
                .startsWith(
                        "| operation | P | value | ours, op/s | best | chronicle | copy | socket |",
                        "|---|---|---|---|---|---|---|---|")
                .anyMatch(row -> row.startsWith("| batch-put | 2 | 64 KiB | "))
                .anyMatch(row -> row.startsWith("| into-random | 2 | 1 MiB | "));
    }

    @Test
    void measuresLatenciesAtEachRateAndBesideWriters() throws IOException {
        int status = Main.run(
                "latency", "--quick", "--sizes", "8", "--clients", "2", "--rate", "0,1k",
                "--phases", "overwrite,frozen-view-hot", "--rounds", "1", "--round-millis", "5",
                "--latency-millis", "10", "--keys", "500", "--output", folder.toString());

        assertThat(status).isZero();
        List<String> latencies = Files.readAllLines(folder.resolve("latency.csv"));
        for (String measured : List.of(
                "overwrite,0.0", "overwrite,1000.0", "frozen-view-hot,0.0",
                "into-random beside writer,0.0")) {
            assertThat(latencies).anyMatch(row -> row.startsWith("ddict,2,8,500," + measured));
        }
        assertThat(folder.resolve("latency-overwrite-2-clients.png")).exists();
        assertThat(folder.resolve("latency-overwrite-2-clients.svg")).exists();
    }

    @Test
    void measuresTheLimitsOfTheMachine() throws IOException {
        int status = Main.run("limits", "--quick", "--output", folder.toString());

        assertThat(status).isZero();
        List<String> limits = Files.readAllLines(folder.resolve("limits.csv"));
        for (String what : List.of(
                "first touch,1,", "\"copy, heap to shared memory\",1,16777216",
                "\"copy, shared memory to heap\",1,1024", "load that waits for the one before,1,",
                "\"round trip, shared memory\",1,136,p50", "\"round trip, loopback TCP\",1,136,p99",
                "\"round trip, Unix socket\",1,136,p99.9", "\"stream, loopback TCP\",1,65536",
                "\"stream, Unix socket\",1,1048576")) {
            assertThat(limits).as(what).anyMatch(row -> row.startsWith(what));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chronicle", "lmdb"})
    void measuresOtherStoresAndLeavesNothingOfThem(String peer) throws IOException {
        int status = Main.run(
                "peers", "--quick", "--peers", peer, "--sizes", "8", "--clients", "1", "--rounds",
                "1", "--round-millis", "5", "--keys", "500");

        assertThat(status).isZero();
        try (Stream<Path> left = Files.list(Path.of("/dev/shm"))) {
            String own = "ddict-bench-" + ProcessHandle.current().pid();
            assertThat(left).noneMatch(path -> path.getFileName().toString().startsWith(own));
        }
    }

    @Test
    void measuresGupsOverLengthsThatDouble() throws IOException {
        int status = Main.run(
                "gups", "--clients", "1,2", "--value-min", "8", "--value-max", "64", "--iterations",
                "2", "--warmups", "0", "--round-millis", "5", "--max-keys", "500", "--output",
                folder.toString());

        assertThat(status).isZero();
        List<String> rounds = Files.readAllLines(folder.resolve("throughput.csv"));
        for (int clients : new int[]{1, 2}) {
            for (int length : new int[]{8, 16, 32, 64}) {
                for (String phase : List.of(
                        "insert", "overwrite", "batch-put", "get-random", "into-random",
                        "view-random", "frozen-get", "frozen-view")) {
                    String start = "ddict," + clients + "," + length + ",500," + phase + ",1,";
                    assertThat(rounds).anyMatch(row -> row.startsWith(start));
                }
            }
        }
        for (String plot : List.of("operations", "bandwidth")) {
            // Text is drawn as curves: each line, label and mark is a path.
            assertThat(Files.readString(folder.resolve(plot + ".svg")).split("<path", -1))
                    .hasSizeGreaterThan(50);
            BufferedImage image = ImageIO.read(folder.resolve(plot + ".png").toFile());
            assertThat(image.getWidth()).isEqualTo(1100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "peers --peers nobody",
        "peers --peers ddict,ddict",
        "peers --operations insert",
        "latency --peers nobody",
        "latency --rate fast",
        "latency --rate -1",
        "latency --rate NaN",
        "latency --latency-millis 0",
        "gups --value-min 7",
        "gups --value-min 64 --value-max 8",
        "gups --value-max big",
        "gups --total-memory 2m --value-max 64m",
        "limits --clients 1",
        "compute --parts nothing",
        "compute --rounds 0",
        "nothing",
        "gups --nothing"})
    void refusesWhatIsNotAllowedBeforeAnythingStarts(String line) {
        assertThat(Main.run(line.split(" ", -1))).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "--clients 0",
        "--clients -1",
        "--clients 1,x",
        "--phases nothing",
        "--operations overwrite,nothing",
        "--iterations 0",
        "--rounds -1",
        "--warmups -1",
        "--round-millis 0",
        "--round-millis -5",
        "--managers-per-node 0",
        "--nodes 2",
        "--nodes 0",
        "--max-keys 0",
        "--keys -1",
        "--max-keys 1 --clients 2",
        "--total-memory 100",
        "--total-memory -1",
        "--total-memory 9999999999g",
        "--total-memory big",
        "--memory-share 0",
        "--memory-share 1.5",
        "--memory-share -1",
        "--memory-share NaN",
        "--node-args nowhere"})
    void everyCommandThatRunsAWorkloadRefusesTheSame(String options) {
        for (String command : List.of("gups", "peers", "latency")) {
            assertThat(Main.run((command + " " + options).split(" ", -1)))
                    .as(command)
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "7", "2g", "8,,16", "99999999999g"})
    void refusesSizesThatAreNone(String sizes) {
        assertThat(Main.run("peers", "--sizes", sizes)).isEqualTo(2);
        assertThat(Main.run("latency", "--sizes", sizes)).isEqualTo(2);
    }
}
