package io.ddict.bench.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.lab.Lab;
import io.ddict.manager.lab.LabRun;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The benchmark on several nodes of the lab. */
@Timeout(120)
class LabGupsIT {
    private static final String SCRIPT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict").toString();

    private static Lab lab;

    @BeforeAll
    static void up() {
        lab = Lab.up(3);
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void nothingIsLeftOnAnyNode() {
        assertThat(lab.leftovers()).isEmpty();
    }

    @Test
    void measuresADictionaryOverTheNodesOfAnAllocationWithAClientOnEach() {
        lab.assume("slurm").slurm();

        LabRun run = lab.run("n1", "salloc", "--quiet", "-N3", SCRIPT, "run", "bench", "gups",
                "--value-min", "64", "--value-max", "64", "--max-keys", "300", "--iterations", "1",
                "--warmups", "0", "--round-millis", "20", "--operations",
                "overwrite,batch-put,into-random,frozen-get");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        for (String operation : new String[]{
            "insert", "overwrite", "batch-put", "into-random", "frozen-get"}) {
            assertThat(run.lines())
                    .anyMatch(line -> line.matches(operation + " +3 +64 B +1 +100 .*"));
        }
        assertThat(run.lines()).contains(
                "client 0 on n1: shared memory to managers [0], TCP to managers [1, 2]",
                "client 1 on n2: shared memory to managers [1], TCP to managers [0, 2]",
                "client 2 on n3: shared memory to managers [2], TCP to managers [0, 1]");
    }

    @Test
    void measuresStoresOnAnotherNodeBesideABareSocket() {
        lab.assume("ssh").sshd();

        LabRun run = lab.run("n1", SCRIPT, "run", "--hosts", "n1,n2", "bench", "peers",
                "--service-host", "n2", "--peers", "ddict,socket-tcp", "--sizes", "8,1m",
                "--max-keys", "100", "--rounds", "1", "--warmups", "0", "--round-millis", "20",
                "--total-memory", "32m");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines())
                .anyMatch(line -> line.matches("into-hot +1 +8 B .*"))
                .anyMatch(line -> line.matches("overwrite +1 +1 MiB .*"))
                .anyMatch(line -> line.matches("D5 +into-random, 1 MiB, P=1 .*"))
                .noneMatch(line -> line.startsWith("D1"));
    }

    @Test
    void refusesHostsThatAreNotInTheRun() {
        lab.assume("ssh").sshd();

        LabRun run = lab.run("n1", SCRIPT, "run", "--hosts", "n1,n2", "bench", "peers",
                "--service-host", "n3");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains(
                "ddict bench: no such host in this run: serviceHost=n3, hosts=[n1, n2]");
    }
}
