package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.RuntimeDirectory;
import io.ddict.pool.ProcessGroup.State;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/*
 * Ranks of MPICH wait by spinning, so eight of them on a machine of two CPUs take their time.
 */

/** Groups whose members are the ranks of an MPICH program. */
@ExtendWith(NothingLeft.class)
@Timeout(120)
class MpiIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(100);

    @TempDir
    private static Path folder;

    @BeforeAll
    static void build() throws Exception {
        compile(folder, "allreduce", "ring", "failing", "place");
    }

    /** Compiles programs into a folder; skips the tests where MPICH is not there. */
    static void compile(Path folder, String... programs) throws IOException {
        String compiler = compiler();
        assumeTrue(!compiler.isEmpty(), "MPICH is not installed: no mpicc of it in PATH");
        for (String program : programs) {
            Path source = folder.resolve(program + ".c");
            try (InputStream text = MpiIT.class.getResourceAsStream("/mpi/" + program + ".c")) {
                Files.write(source, text.readAllBytes());
            }
            String made = folder.resolve(program).toString();
            assertThat(run(compiler, "-O1", "-o", made, source.toString()))
                    .as("mpicc of %s", program)
                    .isEmpty();
        }
    }

    /** MPICH's compiler; empty if there is none, as Open MPI has one of the name, too. */
    static String compiler() {
        return Stream.of("mpicc.mpich", "mpicc")
                .filter(each -> Stream
                        .of(java.lang.System.getenv("PATH").split(":", -1))
                        .anyMatch(path -> Files.isExecutable(Path.of(path, each))))
                .filter(each -> run(each, "-show").contains("mpich"))
                .filter(each -> !run(each, "--version").startsWith("failed"))
                .findFirst()
                .orElse("");
    }

    private static String run(String... command) {
        try {
            java.lang.Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(
                    process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? said : "failed: " + said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String path(String program) {
        return folder.resolve(program).toString();
    }

    private static ProcessTemplate program(String name, Object... arguments) {
        return ProcessTemplate.executable(path(name), arguments)
                .stdout(Redirect.file(output(name)))
                .stderr(Redirect.DISCARD);
    }

    private static Path output(String program) {
        return folder.resolve(program + ".out");
    }

    private static ProcessGroup.Builder group(int ranks, ProcessTemplate template) {
        return ProcessGroup.builder().mpi(true).add(ranks, template);
    }

    private static List<String> outputOf(String program, ProcessGroup.Builder described)
            throws IOException {
        Files.deleteIfExists(output(program));
        try (ProcessGroup group = described.build()) {
            group.start();
            group.join(TIMEOUT);
            assertThat(group.state()).isEqualTo(State.IDLE);
            assertThat(group.inactive()).allMatch(each -> each.exitCode() == 0);
        }
        return Files.readAllLines(output(program));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void reducesOverAllRanks(int ranks) throws IOException {
        int sum = ranks * (ranks + 1) / 2;
        assertThat(outputOf("allreduce", group(ranks, program("allreduce"))))
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, ranks)
                        .mapToObj(rank -> "rank=" + rank + " size=" + ranks + " sum=" + sum
                                + " errors=0")
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void passesBlocksAroundARing(int ranks) throws IOException {
        assertThat(outputOf("ring", group(ranks, program("ring"))))
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, ranks)
                        .mapToObj(rank -> "rank=" + rank + " size=" + ranks + " home=" + rank
                                + " errors=0")
                        .toList());
    }

    @Test
    void runsAgainAndAgain() throws IOException {
        int before = service("task");
        try (ProcessGroup group = group(2, program("allreduce")).build()) {
            for (int i = 0; i < 5; i++) {
                group.start();
                group.join(TIMEOUT);
                assertThat(group.inactive()).hasSize(2);
            }
        }
        NothingLeft.await("end of the threads of ranks", () -> service("task") <= before + 1);
    }

    @Test
    void tellsRanksOfSeveralExecutablesApart() throws IOException {
        assertThat(outputOf("place", ProcessGroup.builder()
                .mpi(true)
                .add(1, program("place"))
                .add(2, program("place", "other"))))
                .containsExactlyInAnyOrder(
                        "rank=0 universe=3 kind=0 node=3 secret=hidden",
                        "rank=1 universe=3 kind=1 node=3 secret=hidden",
                        "rank=2 universe=3 kind=1 node=3 secret=hidden");
    }

    @Test
    void isNotMisledByTheJobThatItsStarterIsIn() throws IOException {
        assertThat(outputOf("allreduce", group(2, program("allreduce")
                .environment("PMI_PORT", "127.0.0.1:1")
                .environment("PMI_ID", "7")
                .environment("PMIX_RANK", "7")))).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "before-init, 0, ended without MPI_Init",
        "exit, 0, ended without MPI_Finalize",
        "exit-code, 5, ended without MPI_Finalize",
        "kill, 137, ended without MPI_Finalize",
        "abort, 7, called MPI_Abort",
    })
    void endsTheOthersAndTellsWhenARankLeaves(String how, int exitCode, String cause) {
        try (ProcessGroup group = group(3, program("failing", how)).build()) {
            group.start();
            assertThatThrownBy(() -> group.join(TIMEOUT))
                    .isInstanceOfSatisfying(
                            ProcessFailedException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(exitCode))
                    .hasMessage(
                            "MPI group cannot go on: group=" + group.name()
                                    + ", member=2, exitCode=" + exitCode + ", cause=" + cause);
            assertThat(group.state()).isEqualTo(State.ERROR);
            assertThat(group.active()).isEmpty();
            assertThat(group.inactive()).hasSize(3);
            assertThat(exitCodeOf(group, 2)).isEqualTo(exitCode);
        }
    }

    @Test
    void endsTheOthersWhenARankLeavesEvenIfErrorsAreIgnored() {
        try (ProcessGroup group = group(3, program("failing", "kill"))
                .ignoreErrorOnExit(true)
                .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(group.state()).isEqualTo(State.IDLE);
            assertThat(group.inactive()).hasSize(3);
            assertThat(exitCodeOf(group, 2)).isEqualTo(137);
        }
    }

    @Test
    void treatsAnExitCodeAfterFinalizeAsThatOfAnyMember() {
        try (ProcessGroup group = group(2, program("failing", "after-finalize"))
                .ignoreErrorOnExit(true)
                .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(exitCodeOf(group, 0)).isZero();
            assertThat(exitCodeOf(group, 1)).isEqualTo(9);
        }
    }

    @Test
    void failsARankThatWantsToSpawn() {
        try (ProcessGroup group = group(2, program("failing", "spawn")).build()) {
            group.start();
            assertThatThrownBy(() -> group.join(TIMEOUT))
                    .hasMessageContaining("member=1")
                    .hasMessageContaining("cause=called MPI_Abort");
        }
    }

    private static int exitCodeOf(ProcessGroup group, int member) {
        return group.inactive().stream()
                .filter(each -> each.member() == member)
                .findFirst()
                .orElseThrow()
                .exitCode();
    }

    @Test
    void stopsAndKillsRanksThatWait() throws IOException {
        int descriptors = service("fd");
        for (boolean kills : new boolean[]{false, true}) {
            try (ProcessGroup group = group(3, program("failing", "wait")
                    .stdout(Redirect.PIPE)).build()) {
                group.start();
                for (Process each : group.active()) {
                    assertThat(each.stdout().read()).isEqualTo('r');
                }
                if (kills) {
                    group.kill();
                } else {
                    group.stop();
                }
                group.join(TIMEOUT);
                assertThat(group.state()).isEqualTo(State.IDLE);
                assertThat(group.inactive()).hasSize(3)
                        .allMatch(each -> each.exitCode() == (kills ? 137 : 130));
            }
        }
        NothingLeft.await("end of the sockets", () -> service("fd") <= descriptors + 1);
    }

    /** How many threads or descriptors the node service has. */
    private static int service(String what) {
        long id = Process.start(ProcessTemplate.executable("true")).join() == 0
                ? serviceId()
                : -1;
        String[] names = Path.of("/proc", Long.toString(id), what).toFile().list();
        return names == null ? -1 : names.length;
    }

    private static long serviceId() {
        return io.ddict.client.node.NodeConnection.shared(NodeProcess.home().cluster())
                .processId();
    }

    @Test
    void runsProgramsWithoutMpi() {
        try (ProcessGroup group =
                group(3, ProcessTemplate.executable("sh", "-c", "exit $PMI_RANK"))
                        .ignoreErrorOnExit(true)
                        .build()) {
            group.start();
            group.join(TIMEOUT);

            assertThat(group.inactive()).hasSize(3)
                    .allMatch(each -> each.exitCode() == each.member());
        }
    }

    @Test
    void runsAGroupWithoutMembers() {
        try (ProcessGroup group = ProcessGroup.builder().mpi(true).build()) {
            group.start();
            group.join(TIMEOUT);
            assertThat(group.state()).isEqualTo(State.IDLE);
        }
    }

    @Test
    void startsNoRankIfOneCannotBeStarted() {
        ProcessGroup group = group(2, program("allreduce"))
                .add(1, ProcessTemplate.executable("no-such-program"))
                .build();
        assertThatThrownBy(group::start)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("executable not found: executable=no-such-program");
        assertThat(group.state()).isEqualTo(State.IDLE);
    }

    @Test
    void refusesRestartAndTooManyRanks() {
        ProcessTemplate any = ProcessTemplate.executable("true");
        assertThatThrownBy(() -> group(2, any).name("both").restart(true).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ranks of an MPI group cannot be restarted: group=both"
                        + "; start the whole group again after join");
        ProcessGroup large = group(1025, any).build();
        assertThatThrownBy(large::start)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("number of ranks is not in 1..1024: ranks=1025");
        assertThat(large.state()).isEqualTo(State.IDLE);
        assertThat(NothingLeft.files(NodeProcess.home().cluster()))
                .anyMatch(each -> each.endsWith(RuntimeDirectory.SOCKET));
    }
}
