package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.ManagerPlace;
import io.ddict.manager.gateway.TestCertificates;
import io.ddict.manager.gateway.TestCertificates.Issued;
import io.ddict.manager.lab.Lab;
import io.ddict.manager.lab.LabRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ddict run} on several nodes of the lab: the same program, however the nodes are found. */
@Timeout(120)
class LabNodesIT {
    private static final int CYCLES = Integer.getInteger("ddict.lab.cycles", 2);
    private static final List<String> SPREAD = List.of(
            "hosts: [n1, n2, n3]", "managers: [n1, n1, n2, n2, n3, n3]", "size: 60",
            "sums: [1770, 1770, 1770, 1770, 1770, 1770]", "counter: 600");

    private static final String HELLO = "io.ddict.examples.Hello";
    private static final int TEXTS = 30;
    private static final long SETTLED_NS = 1_000_000_000;
    // Daemons open and close something of their own now and then.
    private static final String STATE = "echo processes=$(ls /proc | grep -c '^[0-9]')"
            + " descriptors=$(for each in $(grep -LE '^(slurm|munge|sshd)' /proc/[0-9]*/comm);"
            + " do ls ${each%comm}fd 2>/dev/null; done | grep -c '^[0-9]')"
            + " files=$(find /tmp /run /dev/shm -type f | sort)";

    private static Lab lab;
    private static boolean slurmIsUp;

    @BeforeAll
    static void up(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
        lab = Lab.up(3).assume("ssh").sshd();
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
    void runsOnTheHostsOfAListByTheSystemsSsh() throws Exception {
        LabRun run = lab.run("n1", command("--hosts", "n1,n2,n3", Spread.class));

        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(SPREAD);
        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEqualTo(
                "ddict: nodes: hosts=n1,n2,n3, found by host list\n" + RunScriptIT.ENDED);
    }

    @Test
    void goesToTheFirstHostFromAMachineThatIsNone() throws Exception {
        String file = "/dev/shm/hosts";
        lab.succeed("n1", "sh", "-c", "printf 'n2\\nn3\\n' > " + file);

        LabRun run = lab.run("n1", command("--hostfile", file, Fails.class));
        lab.succeed("n1", "rm", file);

        assertThat(run.lines()).as(run.errors()).containsExactly("host: n2", "hosts: [n2, n3]");
        assertThat(run.errors()).contains("failed as it was to");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void runsInAnAllocationOfSlurm() throws Exception {
        startSlurm("slurm");

        LabRun run = lab.run("n1", Stream.concat(
                Stream.of("salloc", "--quiet", "-N3"),
                Stream.of(command(Spread.class))).toArray(String[]::new));

        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(SPREAD);
        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).contains("found by Slurm job");
    }

    @Test
    void runsInBatchJobsOfSlurmAndOfPbs() throws Exception {
        startSlurm("pbs");
        String[] spread = command(Spread.class);

        assertThat(outputOfJob("sbatch -N3", spread, HELLO))
                .containsSubsequence(SPREAD)
                .anyMatch(line -> line.contains("found by Slurm job"))
                .satisfies(LabNodesIT::helloFromAllNodes);
        assertThat(outputOfJob("qsub -q pbs -l nodes=3:ppn=1 -j oe", spread, HELLO))
                .containsSubsequence(SPREAD)
                .anyMatch(line -> line.contains("found by PBS job"))
                .satisfies(LabNodesIT::helloFromAllNodes);
    }

    @Test
    void runsHelloInAnAllocationAndOnTheHostsOfAListAsOnThisMachine() throws Exception {
        startSlurm("slurm");

        LabRun allocated = inAllocation(HELLO);
        LabRun listed = lab.run("n1", onHosts(HELLO));

        for (LabRun run : List.of(allocated, listed)) {
            assertThat(run.exitCode()).as(run.errors()).isZero();
            helloFromAllNodes(run.lines());
        }
    }

    @Test
    void runsTheDemosInAnAllocationWithProcessesAndEntriesOnAllNodes() throws Exception {
        startSlurm("slurm");
        Path texts = Files.createDirectory(lab.folder().resolve("texts"));
        for (int i = 0; i < TEXTS; i++) {
            Files.writeString(texts.resolve("text" + i), "red green red word" + i);
        }
        Path words = lab.folder().resolve("words");

        LabRun demo = inAllocation("demo", texts.toString(), "--processes", "1", "--json");
        LabRun pipeline =
                inAllocation("io.ddict.examples.Pipeline", texts.toString(), words.toString());

        assertThat(demo.exitCode()).as(demo.errors()).isZero();
        String report = demo.output().replaceAll("\\s", "");
        assertThat(report)
                .contains("\"files\":" + TEXTS + ",", "\"nodes\":[\"n1\",\"n2\",\"n3\"]",
                        "\"word\":\"red\",\"occurrences\":" + 2 * TEXTS);
        for (String host : lab.nodes()) {
            assertThat(report)
                    .contains("\"host\":\"" + host + "\",\"local\":1,\"distant\":2");
        }
        assertThat(pipeline.exitCode()).as(pipeline.errors()).isZero();
        assertThat(Files.readAllLines(words)).startsWith(2 * TEXTS + " red", TEXTS + " green");
    }

    @Test
    void encryptsWhatPassesBetweenNodesIfItIsToldCertificates() throws Exception {
        TestCertificates certificates =
                new TestCertificates(Files.createDirectory(lab.folder().resolve("tls")));

        LabRun run = encrypted(certificates, certificates.forAddresses(
                lab.address("n1"), lab.address("n2"), lab.address("n3")));
        LabRun refused = encrypted(certificates, certificates.forHost("n1"));

        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(SPREAD);
        assertThat(run.exitCode()).isZero();
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.errors())
                .contains("certificate of the node service is for another host");
    }

    private static LabRun encrypted(TestCertificates certificates, Issued issued)
            throws Exception {
        Stream<String> variables = certificates.variables(issued).entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue());
        return lab.run("n1", Stream.of(
                Stream.of("env"), variables,
                Stream.of(command("--hosts", "n1,n2,n3", Spread.class)))
                .flatMap(each -> each).toArray(String[]::new));
    }

    @Test
    void tellsByCommandsOfTheManagersAndConnectionsOfAllNodes() throws Exception {
        LabRun run = lab.run("n1", command("--hosts", "n1,n2,n3", Observed.class));

        assertThat(run.exitCode()).as(run.errors()).isZero();
        for (int manager = 0; manager < 3; manager++) {
            String start = "manager " + manager + ": pool is clean";
            assertThat(run.lines()).anyMatch(line -> line.startsWith(start));
        }
        assertThat(run.lines())
                .anyMatch(line -> line.matches("manager +0 +1 +2"))
                .anyMatch(line -> line.matches("connections to +open +accepted +refused.*"));
        for (String node : lab.nodes()) {
            assertThat(run.lines()).anyMatch(
                    line -> line.matches(node + " +[1-9]\\d* +[1-9]\\d* +0 +0 +0"));
        }
        assertThat(run.lines().stream().filter(line -> line.matches(".* observed +[012] +ok .*")))
                .hasSize(3);
    }

    private static void helloFromAllNodes(List<? extends String> lines) {
        int cpus = Runtime.getRuntime().availableProcessors();
        for (String node : lab.nodes()) {
            assertThat(lines.stream().filter(line -> line.matches(
                    "process \\d+ on CPU \\d+ of " + node + ": hello"))).hasSize(cpus);
        }
    }

    private static LabRun inAllocation(String... program) {
        return lab.run("n1", Stream.of(
                Stream.of("salloc", "--quiet", "-N3", ScriptRun.SCRIPT.toString(), "run"),
                Stream.of(program)).flatMap(each -> each).toArray(String[]::new));
    }

    private static String[] onHosts(String... program) {
        return Stream.of(
                Stream.of(ScriptRun.SCRIPT.toString(), "run", "--hosts", "n1,n2,n3"),
                Stream.of(program)).flatMap(each -> each).toArray(String[]::new);
    }

    private static void startSlurm(String part) {
        lab.assume(part);
        if (!slurmIsUp) {
            lab.slurm();
            slurmIsUp = true;
        }
    }

    // The commands' own waiting looks every few seconds only.
    private static List<String> outputOfJob(String submit, String[] command, String program)
            throws Exception {
        Path job = lab.folder().resolve("job");
        Path output = lab.folder().resolve("output");
        Files.writeString(
                job, "#!/bin/sh\n'" + String.join("' '", command) + "'\n'" + ScriptRun.SCRIPT
                        + "' run " + program + "\necho end\n");
        Files.deleteIfExists(output);
        lab.succeed(Lab.CONTROLLER, "sh", "-c", submit + " -o " + output + " " + job
                + " && until grep -qs '^end$' " + output + "; do sleep 0.02; done");
        return Files.readAllLines(output);
    }

    @Test
    void hasTheRanksOfAnMpiJobOnAllNodesWhicheverWayTheyArePlaced() throws Exception {
        MpiIT.compile(lab.folder(), "place", "allreduce");
        List<String> expected = new ArrayList<>();
        for (int rank = 0; rank < 6; rank++) {
            for (int node : List.of(rank / 2, rank % 3)) {
                expected.add("rank=" + rank + " universe=6 kind=0 node=2 secret=hidden host=n"
                        + (node + 1));
                expected.add("rank=" + rank + " size=6 sum=21 errors=0");
            }
        }

        LabRun run = lab.run("n1", ranks("n1,n2,n3", 6));

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines())
                .filteredOn(line -> !line.startsWith("ended"))
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void endsAnMpiJobOfTwoNodesWithItsRanks() throws Exception {
        MpiIT.compile(lab.folder(), "place", "allreduce");

        LabRun run = lab.run("n1", ranks("n1,n2", 2));

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines())
                .filteredOn(line -> line.startsWith("ended"))
                .containsExactly("ended: [0, 0]", "ended: [0, 0]", "ended: [0, 0]",
                        "ended: [0, 0]");
    }

    @Test
    void endsAGroupWhenTheServiceOfOneOfItsNodesIsKilled() throws Exception {
        LabRun run = lab.run("n1", command("--hosts", "n1,n2,n3", LosesANode.class));
        lab.succeed("n3", "rm", "-r", "/dev/shm/ddict-0");

        assertThat(run.lines()).as(run.errors()).containsExactly("lost", "active: []", "ended");
    }

    private static String[] ranks(String hosts, int count) throws Exception {
        return Stream.concat(
                Stream.of(command("--hosts", hosts, Ranks.class)),
                Stream.of(lab.folder().toString(), Integer.toString(count)))
                .toArray(String[]::new);
    }

    @Test
    void endsTheRanksOnAllNodesWhenOneOfAnotherNodeFails() throws Exception {
        MpiIT.compile(lab.folder(), "failing");

        LabRun run = lab.run("n1", Stream.concat(
                Stream.of(command("--hosts", "n1,n2,n3", FailingRank.class)),
                Stream.of(lab.folder().toString())).toArray(String[]::new));

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines()).as(run.errors()).containsExactly(
                "before-init: member=5, exitCode=0, cause=ended without MPI_Init",
                "exit-code: member=5, exitCode=5, cause=ended without MPI_Finalize",
                "kill: member=5, exitCode=137, cause=ended without MPI_Finalize",
                "abort: member=5, exitCode=7, cause=called MPI_Abort");
    }

    @Test
    void usesTheDirectoryAndTheSecretThatItWasToldAlsoOnAnotherMachine() throws Exception {
        String directory = "/dev/shm/told";
        String secret = "/dev/shm/told/secret";
        for (String node : lab.nodes()) {
            lab.succeed(node, "mkdir", directory);
        }

        LabRun run = lab.run("n1", Stream.of(
                Stream.of("env", "DDICT_DIRECTORY=" + directory, "DDICT_SECRET_FILE=" + secret),
                Stream.of(command("--hosts", "n2,n3", Told.class)))
                .flatMap(each -> each).toArray(String[]::new));

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines()).containsExactly(
                "n2: directory=" + directory + ", used=true",
                "secret=" + secret + ", used=true");
        for (String node : lab.nodes()) {
            lab.succeed(node, "rm", "-r", directory);
        }
    }

    @Test
    void tellsWhichHostCannotBeReached() throws Exception {
        LabRun run = lab.run("n1", command("--hosts", "n1,nowhere", Spread.class));

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.errors()).contains("nowhere", "node service on another machine ended");
    }

    // Slurm's and SSH's own processes may open or close something meanwhile, but not each time.
    @Test
    @Timeout(1200)
    void leavesNothingHoweverOftenItRuns() throws Exception {
        String[] command = command("--hosts", "n1,n2,n3", Hosts.class);
        lab.run("n1", command);
        List<String> before;
        List<String> after = settledStates();
        List<Long> tookMs = new ArrayList<>();
        int attempts = 0;
        do {
            before = after;
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                long startNs = java.lang.System.nanoTime();
                LabRun run = lab.run("n1", command);
                tookMs.add((java.lang.System.nanoTime() - startNs) / 1_000_000);
                assertThat(run.lines()).as(run.errors()).containsExactly("hosts: [n1, n2, n3]");
                nothingIsLeftOnAnyNode();
            }
            after = settledStates();
            attempts++;
        } while (!after.equals(before) && attempts < 3);
        assertThat(after).isEqualTo(before);
        java.lang.System.out.println("start and end on three nodes, " + CYCLES + " times, "
                + attempts + " times: ms=" + tookMs.stream().sorted().toList());
    }

    // Those who served connections may still be ending.
    private static List<String> settledStates() {
        List<String> last;
        List<String> now = states();
        do {
            last = now;
            LockSupport.parkNanos(SETTLED_NS);
            now = states();
        } while (!now.equals(last));
        return now;
    }

    /** What a node has: processes, descriptors of all of them, and files that are its own. */
    private static List<String> states() {
        return lab.nodes().stream()
                .map(node -> lab.succeed(node, "sh", "-c", STATE).strip().replace('\n', ' '))
                .toList();
    }

    private static String[] command(Class<?> program) throws Exception {
        return command(List.of(), program);
    }

    private static String[] command(String option, String value, Class<?> program)
            throws Exception {
        return command(List.of(option, value), program);
    }

    private static String[] command(List<String> options, Class<?> program) throws Exception {
        List<String> command = new ArrayList<>(List.of(ScriptRun.SCRIPT.toString(), "run"));
        command.addAll(options);
        command.addAll(List.of("-cp", RunScriptIT.classes(), program.getName()));
        return command.toArray(String[]::new);
    }

    private static List<String> hosts() {
        return System.current().nodes().stream().map(Node::host).toList();
    }

    /*
     * With several ranks on a node MPICH 4.0.2 often hangs in MPI_Finalize, by its own mpiexec, too: of two
     * that close a connection, one waits for the other, which waits for its process manager.
     */

    /** Runs MPI programs of a folder, and tells how they ended if they did. */
    static final class Ranks {
        private static final int NODES = 2;
        private static final Duration PATIENCE = Duration.ofSeconds(30);
        private static final Duration PATIENCE_WITH_WHAT_MAY_HANG = Duration.ofSeconds(8);

        private Ranks() {}

        public static void main(String[] arguments) {
            int count = Integer.parseInt(arguments[1]);
            Duration patience = count <= NODES ? PATIENCE : PATIENCE_WITH_WHAT_MAY_HANG;
            for (Policy.Distribution distribution : Policy.Distribution.values()) {
                for (String program : List.of("place", "allreduce")) {
                    String file = Path.of(arguments[0], program).toString();
                    run(ProcessGroup.builder()
                            .mpi(true)
                            .policy(Policy.ANY.withDistribution(distribution))
                            .add(count, ProcessTemplate.executable(file, "host")), patience);
                }
            }
        }

        private static void run(ProcessGroup.Builder described, Duration patience) {
            try (ProcessGroup group = described.build()) {
                group.start();
                group.join(patience);
                java.lang.System.out.println("ended: "
                        + group.inactive().stream().map(ProcessGroup.Inactive::exitCode).toList());
            } catch (DDictTimeoutException e) {
                // It hangs, and has been stopped.
            }
        }
    }

    /** Has a rank on the last node fail, in several ways. */
    static final class FailingRank {
        private static final int RANKS = 6;

        private FailingRank() {}

        public static void main(String[] arguments) {
            for (String how : List.of("before-init", "exit-code", "kill", "abort")) {
                ProcessTemplate failing = ProcessTemplate
                        .executable(Path.of(arguments[0], "failing").toString(), how)
                        .stdout(Redirect.DISCARD)
                        .stderr(Redirect.DISCARD);
                try (ProcessGroup group = ProcessGroup.builder()
                        .mpi(true)
                        .policy(Policy.ANY.withDistribution(Policy.Distribution.BLOCK))
                        .add(RANKS, failing)
                        .build()) {
                    group.start();
                    group.join();
                } catch (ProcessFailedException e) {
                    java.lang.System.out.println(
                            how + e.getMessage().replaceFirst(".*, member=", ": member="));
                }
            }
        }
    }

    /** Kills the service of a node on which a group has members. */
    static final class LosesANode {
        private static final Duration TIMEOUT = Duration.ofSeconds(20);

        private LosesANode() {}

        public static void main(String[] arguments) {
            ProcessTemplate killer =
                    ProcessTemplate.executable("sh", "-c", "sleep 1; kill -9 $PPID");
            ProcessGroup group = ProcessGroup.builder()
                    .add(6, ProcessTemplate.executable("sleep", "100"))
                    .build();
            group.start();
            Process _ = System.current().start(killer, Policy.onHost("n3"));
            try {
                group.join(TIMEOUT);
            } catch (ManagerLostException e) {
                java.lang.System.out.println("lost");
            }
            java.lang.System.out.println("active: " + group.active());
            group.close();
            java.lang.System.out.println("ended");
        }
    }

    /** Tells what it was told. */
    static final class Told {
        private Told() {}

        public static void main(String[] arguments) {
            String directory = java.lang.System.getenv("DDICT_DIRECTORY");
            String secret = java.lang.System.getenv("DDICT_SECRET_FILE");
            java.lang.System.out.println(
                    System.current().primaryNode().host() + ": directory=" + directory + ", used="
                            + hasFiles(Path.of(directory, "ddict-0")));
            java.lang.System.out.println(
                    "secret=" + secret + ", used=" + Files.isRegularFile(Path.of(secret)));
        }

        private static boolean hasFiles(Path directory) {
            String[] files = directory.toFile().list();
            return files != null && files.length > 0;
        }
    }

    /** Tells its hosts. */
    static final class Hosts {
        private Hosts() {}

        public static void main(String[] arguments) {
            java.lang.System.out.println("hosts: " + hosts());
        }
    }

    /** Has commands look at its dictionary. */
    static final class Observed {
        private Observed() {}

        public static void main(String[] arguments) throws Exception {
            DDictConfig config = DDictConfig.builder()
                    .name("observed")
                    .nodes(3)
                    .totalMemory(ByteSize.mib(48))
                    .build();
            try (DDict<String, Long> dict = DDict.create(config)) {
                dict.put("key", 1L);
                look("verify", "--dictionary", "observed");
                look("stat", "--dictionary", "observed");
                look("top", "--once", "--interval", "0.1");
                dict.destroy();
            }
        }

        private static void look(String... command) throws Exception {
            List<String> whole = new ArrayList<>(List.of(command));
            whole.addFirst(ScriptRun.SCRIPT.toString());
            whole.addAll(List.of("--cluster", System.current().cluster()));
            int exitCode = new ProcessBuilder(whole).inheritIO().start().waitFor();
            if (exitCode != 0) {
                throw new IllegalStateException("command failed: exitCode=" + exitCode);
            }
        }
    }

    /** Tells where it runs, and fails. */
    static final class Fails {
        private Fails() {}

        public static void main(String[] arguments) {
            java.lang.System.out.println("host: " + System.current().primaryNode().host());
            java.lang.System.out.println("hosts: " + hosts());
            throw new IllegalStateException("failed as it was to");
        }
    }

    /** Fills a dictionary that is spread over all nodes, and reads and counts from all of them. */
    static final class Spread {
        private static final int KEYS = 60;
        private static final int ADDS = 100;

        private Spread() {}

        public static void main(String[] arguments) {
            List<String> hosts = hosts();
            java.lang.System.out.println("hosts: " + hosts);
            DDictConfig config = DDictConfig.builder()
                    .nodes(hosts.size())
                    .managersPerNode(2)
                    .totalMemory(ByteSize.mib(96))
                    .build();
            try (DDict<String, Long> dict = DDict.create(config);
                    WorkerPool pool = WorkerPool.create(2 * hosts.size())) {
                java.lang.System.out.println(
                        "managers: " + dict.topology().stream().map(ManagerPlace::node).toList());
                String handle = dict.serialize();
                var _ = pool.map(
                        IntStream.range(0, KEYS).boxed().toList(), key -> put(handle, key));
                java.lang.System.out.println("size: " + dict.size());
                List<Integer> workers = IntStream.range(0, 2 * hosts.size()).boxed().toList();
                java.lang.System.out.println("sums: " + pool.map(workers, worker -> sum(handle)));
                var _ = pool.map(workers, worker -> count(handle));
                java.lang.System.out.println("counter: " + dict.get("counter"));
                dict.destroy();
            }
        }

        private static int put(String handle, int key) {
            try (DDict<String, Long> dict = DDict.attach(handle)) {
                dict.put("key-" + key, (long) key);
            }
            return key;
        }

        private static long sum(String handle) {
            try (DDict<String, Long> dict = DDict.attach(handle)) {
                return IntStream.range(0, KEYS).mapToLong(key -> dict.get("key-" + key)).sum();
            }
        }

        private static long count(String handle) {
            try (DDict<String, Long> dict = DDict.attach(handle)) {
                long last = 0;
                for (int i = 0; i < ADDS; i++) {
                    last = dict.getAndAdd("counter", 1);
                }
                return last;
            }
        }
    }
}
