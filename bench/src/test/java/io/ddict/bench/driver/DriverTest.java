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
    void measuresDDictAndTheCopyLimitWithTwoClients() throws IOException {
        int status = Main.run(
                "peers", "--quick", "--peers", "copy,ddict", "--sizes", "8,64k,1m", "--clients",
                "2",
                "--rounds", "1",
                "--round-millis", "5", "--latency-millis", "10", "--keys", "500", "--content", "8m",
                "--output",
                folder.toString());

        assertThat(status).isZero();
        List<String> rounds = Files.readAllLines(folder.resolve("throughput.csv"));
        assertThat(rounds.getFirst()).startsWith("peer,clients,valueLength,keys,phase,round,ops");
        assertThat(rounds).anyMatch(row -> row.startsWith("ddict,2,8,500,overwrite,0,"));
        assertThat(rounds).anyMatch(row -> row.startsWith("copy,2,1048576,"));
        assertThat(Files.readAllLines(folder.resolve("latency.csv")))
                .anyMatch(row -> row.startsWith("ddict,2,65536,") && row.contains("beside writer"));
        assertThat(Files.readString(folder.resolve("targets.csv"))).contains("D2,");
        assertThat(Files.readString(folder.resolve("results.json"))).contains("\"jdk\"",
                "\"commit\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chronicle", "lmdb"})
    void measuresOtherStoresAndLeavesNothingOfThem(String peer) throws IOException {
        int status = Main.run(
                "peers", "--quick", "--peers", peer, "--sizes", "8", "--clients", "1", "--rounds",
                "1",
                "--round-millis", "5", "--latency-millis", "10", "--keys", "500");

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
                "2", "--round-millis", "5", "--max-keys", "500", "--output", folder.toString());

        assertThat(status).isZero();
        List<String> rounds = Files.readAllLines(folder.resolve("throughput.csv"));
        for (int clients : new int[]{1, 2}) {
            for (int length : new int[]{8, 16, 32, 64}) {
                for (String phase : List.of(
                        "insert", "overwrite", "get-random", "into-random", "view-random")) {
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
        "gups --clients 0",
        "gups --operations nothing",
        "gups --value-min 7",
        "gups --value-min 64 --value-max 8",
        "gups --value-max big",
        "gups --iterations 0",
        "gups --managers-per-node 0",
        "gups --max-keys 1 --clients 2",
        "gups --content 1m --value-max 64m",
        "nothing",
        "gups --nothing"})
    void refusesWhatIsNotAllowedBeforeAnythingStarts(String line) {
        assertThat(Main.run(line.split(" ", -1))).isEqualTo(2);
    }
}
