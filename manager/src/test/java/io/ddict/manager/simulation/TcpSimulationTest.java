package io.ddict.manager.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls over TCP under random schedules, each in one thread, which a seed repeats. */
@Timeout(300)
class TcpSimulationTest {
    private static final int SEEDS = Integer.getInteger("ddict.simulation.seeds", 1_000);
    private static final Long SEED = Long.getLong("ddict.simulation.seed");

    @TempDir(factory = SharedMemory.class)
    private Path directory;

    @Test
    void showsNoWrongValueAndLosesNothingWhateverTheNetworkDoes() throws Exception {
        Simulation simulation = SimulatedClasses.load(null);
        Map<String, Long> counts = new TreeMap<>();
        long first = SEED == null ? 0 : SEED;
        int seeds = SEED == null ? SEEDS : 1;
        for (long seed = first; seed < first + seeds; seed++) {
            Outcome outcome = simulation.run(seed, directory);
            if (outcome.violation() != null) {
                fail(outcome.violation() + "; repeat: mvn verify -pl manager -am"
                        + " -Dtest=TcpSimulationTest -Dddict.simulation.seed=" + seed
                        + " -Dsurefire.failIfNoSpecifiedTests=false; every event with"
                        + " -Dddict.simulation.print=true");
            }
            outcome.counts().forEach((what, times) -> counts.merge(
                    what, times, what.startsWith("late") ? Math::max : Long::sum));
        }
        System.out.println("TcpSimulationTest: seeds=" + seeds + ", " + counts);
        if (SEED == null) {
            checkThatMuchHappened(counts);
        }
    }

    private static void checkThatMuchHappened(Map<String, Long> counts) {
        assertThat(counts.get("DONE")).as("calls that were done").isGreaterThan(50L * SEEDS);
        assertThat(counts.get("UNKNOWN")).as("calls that were lost").isGreaterThan(2L * SEEDS);
        assertThat(counts.get("resets")).as("resets").isGreaterThan(SEEDS);
        for (String each : List.of(
                "ends", "flips", "half-open", "interrupts", "slow-manager", "stalls", "timeouts",
                "unreachable")) {
            assertThat(counts.get(each)).as(each).isGreaterThan(SEEDS / 5);
        }
        assertThat(counts.get("memory-checked")).as("memory looked at").isGreaterThan(SEEDS / 2);
        assertThat(counts.get("replaced")).as("services replaced").isGreaterThan(SEEDS / 20);
        assertThat(counts.get("REFUSED")).as("puts without room").isGreaterThan(SEEDS / 100);
    }

    @Test
    void repeatsASeedExactly() throws Exception {
        Simulation simulation = SimulatedClasses.load(null);
        List<Long> hashes = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (long seed = 100; seed < 110; seed++) {
                hashes.add(simulation.run(seed, directory).hash());
            }
        }
        assertThat(hashes.subList(10, 20)).isEqualTo(hashes.subList(0, 10));
        assertThat(hashes.subList(0, 10)).doesNotHaveDuplicates();
        assertThat(SimulatedClasses.load(null).run(109, directory).hash()).as("by itself")
                .isEqualTo(hashes.get(9));
    }

    @ParameterizedTest
    @EnumSource
    void needsEachOfItsGuards(Guard guard) throws Exception {
        Simulation simulation = SimulatedClasses.load(guard);
        for (long seed = 0; seed < SEEDS; seed++) {
            String violation = simulation.run(seed, directory).violation();
            if (violation != null) {
                System.out.println(
                        "without " + guard + ": seed=" + seed + ", "
                                + violation.lines().findFirst().orElse(""));
                return;
            }
        }
        fail("nothing goes wrong without it: guard=" + guard);
    }

    /** Makes directories where pools live; JUnit deletes them. */
    static final class SharedMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
                throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "ddict-simulation-");
        }
    }
}
