package io.ddict.manager.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.manager.allocation.Allocation.Wish;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AllocationTest {
    private static final long PAUSE_NS = 5_000_000;
    private static final Wish NOTHING = new Wish(null, null, null, null);

    @TempDir
    private Path directory;

    @Test
    void isThisMachineWhereNothingElseIsSaid() throws IOException {
        Allocation alone = Allocation.choose(NOTHING, Map.of());

        assertThat(alone.isThisMachineOnly()).isTrue();
        assertThat(alone.hosts()).containsExactly(ThisMachine.hostName());
        assertThat(alone.onOthers(List.of("true"))).isEmpty();
    }

    @Test
    void takesNamedHostsBeforeThoseOfAJob() throws IOException {
        Allocation named = Allocation.choose(
                new Wish(List.of("a1", "a2"), null, null, null),
                Map.of("PBS_NODEFILE", "nowhere"));

        assertThat(named.hosts()).containsExactly("a1", "a2");
        assertThat(named.isThisMachineOnly()).isFalse();
        assertThat(named.beginsHere()).isFalse();
    }

    @Test
    void readsEachHostOfAFileOnce() throws IOException {
        Path file = Files.writeString(
                directory.resolve("hosts"), "# ours\na1 slots=4\na1\n\na2:2\n  a3.example.org  \n");

        assertThat(Allocation.choose(new Wish(null, file, null, null), Map.of()).hosts())
                .containsExactly("a1", "a2", "a3.example.org");
        assertThat(Allocation.choose(
                NOTHING, Map.of("PBS_NODEFILE", file.toString())).hosts())
                .containsExactly("a1", "a2", "a3.example.org");
    }

    @Test
    void takesTheFirstHostsIfFewerNodesAreWanted() throws IOException {
        List<String> hosts = List.of("a1", "a2", "a3");

        assertThat(Allocation.choose(new Wish(hosts, null, 2, null), Map.of()).hosts())
                .containsExactly("a1", "a2");
        assertThatThrownBy(() -> Allocation.choose(new Wish(hosts, null, 4, null), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nodes=4")
                .hasMessageContaining("--hosts");
        assertThatThrownBy(() -> Allocation.choose(new Wish(null, null, 2, null), Map.of()))
                .hasMessageContaining("this machine");
        assertThatThrownBy(() -> Allocation.choose(new Wish(hosts, null, 0, null), Map.of()))
                .hasMessageContaining("nodes=0");
    }

    @Test
    void refusesAFileWithoutHosts() throws IOException {
        Path file = Files.writeString(directory.resolve("hosts"), "# none\n");

        assertThatThrownBy(() -> Allocation.choose(new Wish(null, file, null, null), Map.of()))
                .hasMessageContaining("no hosts");
        assertThatThrownBy(() -> Allocation.choose(
                new Wish(null, directory.resolve("missing"), null, null), Map.of()))
                .hasMessageContaining("missing");
    }

    @Test
    void startsOneSlurmTaskOnEachOtherMachine() {
        Allocation job = new Allocation("job", List.of("a1", "a2", "a3"), new SlurmStarter());

        assertThat(job.onOthers(List.of("run", "it"))).singleElement()
                .satisfies(step -> assertThat(step)
                        .startsWith("srun", "--overlap")
                        .contains("--ntasks-per-node=1", "--nodes=2", "--nodelist=a2,a3")
                        .endsWith("run", "it"));
        assertThat(job.onFirst(List.of("run"))).contains("--nodes=1", "--nodelist=a1");
    }

    @Test
    void fillsATemplate() throws IOException {
        Allocation by = Allocation.choose(
                new Wish(List.of("a1", "a2", "a3"), null, null,
                        "mpiexec -n {count} --hosts {hosts} {command}"),
                Map.of());

        assertThat(by.onOthers(List.of("run", "it")))
                .containsExactly(
                        List.of("mpiexec", "-n", "2", "--hosts", "a2,a3", "run", "it"));
        assertThatThrownBy(() -> new TemplateStarter("mpiexec {hosts}"))
                .hasMessageContaining("{command}");
    }

    @Test
    void handsEveryHostToExactlyOneOthers() {
        for (int count : new int[]{1, 31, 32, 33, 100, 513}) {
            List<String> hosts = IntStream.range(0, count).mapToObj(i -> "h" + i).toList();
            List<List<String>> groups = SshStarter.groups(hosts);

            assertThat(groups.stream().flatMap(List::stream)).containsExactlyElementsOf(hosts);
            assertThat(groups).hasSizeLessThanOrEqualTo(SshStarter.FLAT_MAX);
            assertThat(groups).noneMatch(List::isEmpty);
        }
    }

    @Test
    void tellsTheFirstOfAGroupOfTheOthers() {
        List<String> hosts = IntStream.range(0, 40).mapToObj(i -> "h" + i).toList();

        List<List<String>> commands = new SshStarter().everywhere(hosts, List.of("run"));

        assertThat(commands).hasSize(SshStarter.FAN_OUT);
        assertThat(commands.getFirst())
                .startsWith("ssh")
                .contains("h0")
                .last().asString().isEqualTo("exec 'run' '--further' 'h1'");
    }

    @Test
    void passesEveryArgumentThroughTheOtherSidesShellAsItIs() throws Exception {
        List<String> odd = List.of("a b", "it's", "$HOME", "\"", "", "*", "\\", "a\nb", "; ls");
        List<String> command = Stream.concat(
                Stream.of("printf", "%s\\0"), odd.stream()).toList();
        List<String> remote =
                new SshStarter().everywhere(List.of("host"), command).getFirst();

        Process shell = new ProcessBuilder("sh", "-c", remote.getLast()).start();
        String output = new String(
                shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(shell.waitFor()).isZero();
        assertThat(List.of(output.split("\0", -1)).subList(0, odd.size())).isEqualTo(odd);
    }

    @Test
    void endsWhatItStartedWhenItIsClosed() throws Exception {
        Path said = directory.resolve("said");
        Allocation by = new Allocation(
                "test", List.of("a1", "a2"),
                new TemplateStarter("sh {command}"));
        Path script = Files.writeString(
                directory.resolve("node.sh"), "read line; echo \"$line\" > " + said + ".new; mv "
                        + said + ".new " + said + "; cat; echo ended >> " + said + "\n");

        try (StartedNodes nodes =
                StartedNodes.start(by, List.of(script.toString()), "the-secret")) {
            while (!Files.exists(said)) {
                nodes.check();
                LockSupport.parkNanos(PAUSE_NS);
            }
            assertThat(said).hasContent("the-secret");
        }

        assertThat(said).hasContent("the-secret\nended");
    }

    @Test
    void saysThatANodeEndedBeforeItsTime() throws Exception {
        Allocation by = new Allocation(
                "test", List.of("a1", "a2"), new TemplateStarter("sh {command}"));

        try (StartedNodes nodes = StartedNodes.start(by, List.of("-c", "exit 3"), "x")) {
            assertThatThrownBy(() -> {
                while (true) {
                    nodes.check();
                    LockSupport.parkNanos(PAUSE_NS);
                }
            }).hasMessageContaining("exitCode=3");
        }
    }
}
