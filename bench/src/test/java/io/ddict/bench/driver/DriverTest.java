package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
                "--quick", "--peers", "copy,ddict", "--sizes", "8,64k,1m", "--clients", "2",
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
                "--quick", "--peers", peer, "--sizes", "8", "--clients", "1", "--rounds",
                "1",
                "--round-millis", "5", "--latency-millis", "10", "--keys", "500");

        assertThat(status).isZero();
        try (Stream<Path> left = Files.list(Path.of("/dev/shm"))) {
            String own = "ddict-bench-" + ProcessHandle.current().pid();
            assertThat(left).noneMatch(path -> path.getFileName().toString().startsWith(own));
        }
    }

    @Test
    void refusesAnUnknownPeer() {
        assertThat(Main.run("--peers", "nobody")).isNotZero();
    }
}
