package io.ddict.manager.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The lab itself: its nodes are nodes, its faults are what they say, and nothing of it is left. */
class LabIT {
    private static final int ANSWER_TIMEOUT_S = 20;
    private static final Pattern ROUND_TRIP =
            Pattern.compile("rtt min/avg/max/mdev = ([0-9.]+)/([0-9.]+)/");
    private static final Pattern RECEIVED = Pattern.compile("(\\d+) received");

    private static Lab lab;

    @BeforeAll
    static void makeNodes() {
        lab = Lab.up(3, "64m");
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void heal() {
        lab.heal();
    }

    @Test
    void givesEachNodeANameAnAddressAndProcessesOfItsOwn() {
        assertThat(lab.nodes()).containsExactly("n1", "n2", "n3");
        assertThat(lab.nodes()).allSatisfy(node -> {
            assertThat(lab.succeed(node, "hostname")).isEqualTo(node + "\n");
            assertThat(lab.succeed(node, "getent", "hosts", node))
                    .matches(Pattern.quote(lab.address(node)) + " +" + node + "\n");
            assertThat(lab.succeed(node, "ls", "/sys/class/net").lines())
                    .containsExactly("eth0", "lo");
            assertThat(lab.succeed(node, "cat", "/proc/1/cmdline")).contains("hold-node");
            assertThat(lab.succeed(node, "ip", "route", "show")).doesNotContain("default")
                    .hasLineCount(1);
        });
        assertThat(reaches("n1", "n2")).isTrue();
        assertThat(reaches("n3", Lab.CONTROLLER)).isTrue();
    }

    @Test
    void leavesNoTraceOfALabBesideThisOne(@TempDir Path folder) throws Exception {
        List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"));
        List<String> interfaces = interfaces();
        String network;
        Path state;
        try (Lab other = Lab.up(2)) {
            network = other.succeed("n1", "readlink", "/proc/self/ns/net").strip();
            state = other.folder().getParent();
            assertThat(network).isNotEqualTo(lab.succeed("n1", "readlink", "/proc/self/ns/net"));
            other.run("n1", "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & touch /tmp/here");
            assertThat(processesIn(network)).hasSizeGreaterThan(1);
            assertThat(lab.run("n1", "test", "-e", "/tmp/here").exitCode()).isEqualTo(1);
            assertThat(Files.readAllLines(Path.of("/proc/self/mounts"))).isEqualTo(mounts);
            assertThat(interfaces()).isEqualTo(interfaces);
            other.delay("n1", Duration.ofMillis(1));
        }
        assertThat(processesIn(network)).isEmpty();
        assertThat(state).doesNotExist();
        assertThat(state.getParent().resolve(lab.name())).exists();
        assertThat(Files.readAllLines(Path.of("/proc/self/mounts"))).isEqualTo(mounts);
        assertThat(interfaces()).isEqualTo(interfaces);
    }

    @Test
    void cleansUpAfterACrash() throws Exception {
        String name = lab.name() + "-crashed";
        ProcessBuilder up = named(name, "up", "2", "--hold").redirectErrorStream(true);
        Process creator = up.start();
        assertThat(creator.inputReader().readLine()).isEqualTo("up");
        assertThat(Lab.run(named(name, "up", "1")).errors())
                .isEqualTo("lab: lab is there already: name=" + name
                        + "; end it by: lab down\n");
        creator.destroyForcibly().waitFor();
        assertThat(Lab.run(named(name, "run", "n1", "true")).exitCode()).isZero();
        for (int i = 0; i < 2; i++) {
            assertThat(Lab.run(named(name, "down"))).isEqualTo(new LabRun(0, "", ""));
        }
        assertThat(Lab.run(named(name, "nodes")).errors())
                .startsWith("lab: no such lab: name=" + name);
    }

    @Test
    void passesInputEnvironmentFolderAndExitCode() throws Exception {
        Path here = Path.of("").toAbsolutePath();
        ProcessBuilder builder = lab.builder("n2", "sh", "-c", "cat; pwd; echo $LETTER; exit 7");
        builder.environment().put("LETTER", "x y");
        Process process = builder.start();
        try (OutputStream input = process.getOutputStream()) {
            input.write("line\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(process.inputReader().lines()).containsExactly("line", here.toString(), "x y");
        assertThat(process.waitFor()).isEqualTo(7);
        assertThat(lab.run("n2", "no-such-command").exitCode()).isEqualTo(127);
    }

    @Test
    void passesSignals() throws Exception {
        for (String signal : List.of("TERM", "INT", "HUP")) {
            ProcessBuilder builder = lab.builder("n1", "bash", "-c",
                    "trap 'echo got; exit 5' " + signal
                            + "; echo ready; while :; do read -t 0.1 <> <(:); done");
            // Who started this may ignore it, as nohup does.
            builder.command().addAll(0, List.of("env", "--default-signal=" + signal));
            Process process = builder.start();
            assertThat(process.inputReader().readLine()).isEqualTo("ready");
            assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start().waitFor()).isZero();
            assertThat(process.inputReader().readLine()).as(signal).isEqualTo("got");
            assertThat(process.waitFor()).as(signal).isEqualTo(5);
        }
        Process killed = lab.builder("n1", "sh", "-c", "echo ready; exec sleep 1000").start();
        assertThat(killed.inputReader().readLine()).isEqualTo("ready");
        // The handle's, as the other one closes the streams too.
        killed.toHandle().destroyForcibly();
        // Its output ends with the command, not with what started it.
        assertThat(killed.inputReader().readLine()).isNull();
    }

    @Test
    void limitsSharedMemoryOfEachNode() {
        assertThat(lab.succeed("n1", "df", "--output=size", "-k", "/dev/shm").lines().toList())
                .last().asString().isEqualToIgnoringWhitespace("65536");
        LabRun write = lab.run("n1", "dd", "if=/dev/zero", "of=/dev/shm/full", "bs=1M", "count=80");
        assertThat(write.errors()).contains("No space left on device");
        assertThat(lab.run("n2", "ls", "/dev/shm").output()).isEmpty();
        assertThat(Path.of("/dev/shm/full")).doesNotExist();
        lab.succeed("n1", "rm", "/dev/shm/full");
    }

    @Test
    void cutsBothWaysAndHeals() {
        lab.cut("n1", "n2");
        assertThat(reaches("n1", "n2")).isFalse();
        assertThat(reaches("n2", "n1")).isFalse();
        assertThat(reaches("n1", "n3")).isTrue();
        assertThat(reaches("n3", "n2")).isTrue();
        lab.heal();
        assertThat(reaches("n1", "n2")).isTrue();
    }

    @Test
    void cutsOneWay() {
        lab.cutOneWay("n1", "n2");
        long echoesOfTwo = echoesAt("n2");
        assertThat(reaches("n1", "n2")).isFalse();
        assertThat(echoesAt("n2")).as("nothing of n1 comes to n2").isEqualTo(echoesOfTwo);
        long echoesOfOne = echoesAt("n1");
        assertThat(reaches("n2", "n1")).as("n1's answers do not come back").isFalse();
        assertThat(echoesAt("n1")).as("but n2's questions do").isEqualTo(echoesOfOne + 2);
        assertThat(reaches("n1", "n3")).isTrue();
    }

    @Test
    void isolates() {
        lab.isolate("n3");
        assertThat(reaches("n1", "n3")).isFalse();
        assertThat(reaches("n3", "n2")).isFalse();
        assertThat(reaches("n1", "n2")).isTrue();
    }

    @Test
    void losesPackets() {
        lab.loss("n1", 30);
        String ping = lab.run("n2", "ping", "-q", "-i", "0.002", "-c", "300", "-W", "0.2", "n1")
                .output();
        // There and back: 49 of 100. Less than 35 or more than 63 would be five deviations away.
        assertThat(number(RECEIVED, ping)).as(ping).isBetween(105.0, 189.0);
        assertThat(reachesWithoutLoss("n2", "n3")).isTrue();
        lab.loss("n1", 100);
        assertThat(reaches("n2", "n1")).isFalse();
    }

    @Test
    void delaysPacketsAndLosesNone() {
        lab.sshd();
        lab.delay("n1", Duration.ofMillis(20));
        assertThat(roundTripMs("n2", "n1")).isBetween(40.0, 80.0);
        assertThat(roundTripMs("n2", "n3")).isLessThan(20);
        assertThat(lab.succeed("n2", "sh", "-c",
                "head -c 10000000 /dev/zero | ssh n1 'sha256sum; head -c 10000000 /dev/zero' | sha256sum"))
                .as("long packets come whole")
                .isEqualTo(
                        lab.succeed("n3", "sh", "-c", "h=$(head -c 10000000 /dev/zero | sha256sum);"
                                + " (echo \"$h\"; head -c 10000000 /dev/zero) | sha256sum"));
        lab.cut("n1", "n2");
        assertThat(reaches("n2", "n1")).isFalse();
        lab.heal();
        assertThat(roundTripMs("n2", "n1")).isLessThan(20);
    }

    @Test
    void limitsBandwidth() {
        lab.sshd();
        String transfer = "head -c 1000000 /dev/zero | ssh n2 'cat >/dev/null'";
        lab.rate("n1", 10);
        long startNs = System.nanoTime();
        lab.succeed("n1", "sh", "-c", transfer);
        assertThat(System.nanoTime() - startNs).as("8 Mbit at 10 a second")
                .isBetween(Duration.ofMillis(700).toNanos(), Duration.ofSeconds(10).toNanos());
    }

    @Test
    void resetsConnections() throws Exception {
        lab.sshd();
        // The server's greeting is a line; it waits long for what the client says.
        Process client = lab.builder("n1", "bash", "-c",
                "exec 3<>/dev/tcp/n2/22; read -ru 3; echo connected; read -ru 3; exit 4").start();
        assertThat(client.inputReader().readLine()).isEqualTo("connected");
        assertThat(connectionsAt("n2")).hasSize(1);
        lab.reset("n1", "n2");
        assertThat(client.waitFor(ANSWER_TIMEOUT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(client.exitValue()).isEqualTo(4);
        assertThat(connectionsAt("n2")).isEmpty();
        assertThat(reaches("n1", "n2")).isTrue();
    }

    private static List<String> connectionsAt(String node) {
        return lab.succeed(node, "ss", "-Htn", "state", "established").lines().toList();
    }

    @Test
    void unplugsAndPlugs() {
        lab.unplug("n2");
        assertThat(lab.succeed("n2", "cat", "/sys/class/net/eth0/carrier")).isEqualTo("0\n");
        assertThat(reaches("n1", "n2")).isFalse();
        lab.plug("n2");
        assertThat(lab.succeed("n2", "cat", "/sys/class/net/eth0/carrier")).isEqualTo("1\n");
        assertThat(reaches("n2", "n1")).isTrue();
    }

    @Test
    void killsAndBootsANode() throws Exception {
        lab.sshd();
        lab.succeed("n3", "touch", "/tmp/here", "/dev/shm/here");
        Process running = lab.builder("n3", "sh", "-c", "echo runs; exec sleep 1000").start();
        assertThat(running.inputReader().readLine()).isEqualTo("runs");
        lab.kill("n3");
        assertThat(running.waitFor(ANSWER_TIMEOUT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(running.exitValue()).isEqualTo(128 + 9);
        assertThat(reaches("n1", "n3")).isFalse();
        assertThat(lab.run("n3", "true").errors()).isEqualTo("lab: node is not running: node=n3,"
                + " lab=" + lab.name() + "; start it by: lab boot n3\n");
        lab.boot("n3");
        assertThat(lab.run("n3", "ls", "/tmp/here", "/dev/shm/here"))
                .as("both are gone").extracting(LabRun::exitCode, LabRun::output)
                .containsExactly(2, "");
        assertThat(lab.succeed("n1", "ssh", "n3", "hostname")).isEqualTo("n3\n");
    }

    @Test
    void speaksSsh() {
        lab.sshd();
        assertThat(lab.succeed("n1", "ssh", "n2", "hostname; exit 0")).isEqualTo("n2\n");
        assertThat(lab.run("n2", "ssh", lab.address("n1"), "exit 9").exitCode()).isEqualTo(9);
        assertThat(
                lab.succeed(Lab.CONTROLLER, "ssh", "-F", "/etc/ssh/ssh_config", "n3", "hostname"))
                .isEqualTo("n3\n");
        assertThat(lab.succeed("n1", "env", "DDICT_LETTER=x", "OTHER=y", "ssh", "-o",
                "SendEnv=DDICT_* OTHER", "n2", "echo $DDICT_LETTER $OTHER")).isEqualTo("x\n");
    }

    @Test
    void runsJobsOfSlurmAndOfPbs() throws Exception {
        lab.assume("pbs").slurm();
        assertThat(lab.run("n2", "salloc", "-N3", "srun", "--overlap", "--ntasks-per-node=1",
                "hostname").lines()).containsExactlyInAnyOrder("n1", "n2", "n3");
        assertThat(outputOf("sbatch -N2", """
                #!/bin/sh
                echo "job=$SLURM_JOB_ID$PBS_JOBID"
                srun --overlap --ntasks-per-node=1 hostname
                """)).matches("job=\\d+\n(n1\nn2|n2\nn1)\n");
        assertThat(outputOf("qsub -q pbs -l nodes=3:ppn=2 -j oe", """
                #!/bin/sh
                env | grep -c SLURM
                echo "$PBS_JOBID $PBS_O_WORKDIR"
                cat "$PBS_NODEFILE"
                """)).matches("0\n\\d+\\.ctl " + Path.of("").toAbsolutePath()
                + "\nn1\nn1\nn2\nn2\nn3\nn3\n");
    }

    // The commands' own waiting looks every few seconds only.
    private static String outputOf(String submit, String script) throws IOException {
        Path job = lab.folder().resolve("job");
        Path output = lab.folder().resolve("output");
        Files.writeString(job, script + "echo end\n");
        Files.deleteIfExists(output);
        lab.succeed(Lab.CONTROLLER, "sh", "-c", submit + " -o " + output + " " + job
                + " && until grep -qs '^end$' " + output + "; do sleep 0.02; done");
        return Files.readString(output).replace("end\n", "");
    }

    @Test
    void hasAClusterOfItsOwnInEachNode() {
        String ddict = Lab.scriptFile().getParent().resolveSibling("ddict").toString();
        lab.succeed("n1", ddict, "start", "--memory", "16m");
        lab.succeed("n1", ddict, "put", "greeting", "hello");
        assertThat(lab.succeed("n1", ddict, "get", "greeting")).isEqualTo("hello\n");
        assertThat(lab.run("n2", ddict, "get", "greeting").exitCode()).isNotZero();
        lab.succeed("n1", ddict, "stop");
        assertThat(
                lab.succeed("n1", "find", "/dev/shm", "-type", "f", "-not", "-name", "sweep.lock"))
                .isEmpty();
    }

    @Test
    void saysWhyItCannotWork(@TempDir Path tools) throws IOException {
        for (String tool : List.of("bash", "readlink", "dirname", "uname", "id")) {
            Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
        }
        ProcessBuilder check = named("none", "check");
        check.environment().put("PATH", tools.toString());
        LabRun bare = Lab.run(check);
        assertThat(bare.exitCode()).isEqualTo(77);
        assertThat(bare.errors()).startsWith("lab cannot work here: missing commands: ")
                .contains("unshare (package util-linux), ").hasLineCount(1);
        Path id = tools.resolve("id");
        Files.delete(id);
        Files.writeString(id, "#!/bin/sh\necho 65534\n");
        assertThat(id.toFile().setExecutable(true)).isTrue();
        assertThat(Lab.run(check)).isEqualTo(
                new LabRun(77, "", "lab cannot work here: not root: uid=65534\n"));
    }

    @Test
    void skipsTestsWhereItCannotWork() {
        assertThatThrownBy(() -> Lab.refuse(77, "lab cannot work here: not root\n", "up"))
                .isInstanceOf(TestAbortedException.class).hasMessageEndingWith("not root");
        assertThatThrownBy(() -> lab.address("n4"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("no such node: node=n4");
    }

    @Test
    void refusesWrongCalls() {
        assertThat(Lab.run(named("none", "up", "0")).errors())
                .contains("wrong number of nodes: count=0, min=1, max=200");
        assertThat(Lab.run(named("a b", "nodes")).errors()).contains("wrong name: DDICT_LAB=a b");
        assertThat(Lab.run(named(lab.name(), "loss", "n1", "101")).errors())
                .contains("too much: percent=101, max=100");
        assertThat(Lab.run(named(lab.name(), "cut", "n1")).errors())
                .contains("wrong number of arguments: count=1, min=2, max=2");
        assertThat(Lab.run(named(lab.name(), "cut", "n1", "n9")).exitCode()).isEqualTo(2);
        assertThat(Lab.run(named(lab.name(), "break")).exitCode()).isEqualTo(2);
    }

    private static ProcessBuilder named(String name, String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of(Lab.scriptFile().toString()), Stream.of(arguments))
                        .toList());
        builder.environment().put("DDICT_LAB", name);
        return builder;
    }

    private static boolean reaches(String from, String to) {
        return lab.run(from, "ping", "-q", "-i", "0.01", "-c", "2", "-W", "0.5", to).exitCode()
                == 0;
    }

    private static boolean reachesWithoutLoss(String from, String to) {
        return lab.succeed(from, "ping", "-q", "-i", "0.002", "-c", "50", "-W", "0.5", to)
                .contains(" 0% packet loss");
    }

    private static double roundTripMs(String from, String to) {
        return number(ROUND_TRIP, lab.succeed(from, "ping", "-q", "-i", "0.02", "-c", "5", to));
    }

    private static double number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    // The kernel's figures: a line of names, and one of numbers.
    private static long echoesAt(String node) {
        List<String> lines = lab.succeed(node, "grep", "^Icmp:", "/proc/net/snmp").lines().toList();
        int index = List.of(lines.getFirst().split(" ", -1)).indexOf("InEchos");
        return Long.parseLong(lines.getLast().split(" ", -1)[index]);
    }

    private static List<Path> processesIn(String network) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .filter(each -> isIn(network, each)).toList();
        }
    }

    private static boolean isIn(String network, Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/net")).toString().equals(network);
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private static List<String> interfaces() {
        try {
            return NetworkInterface.networkInterfaces().map(NetworkInterface::getName).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
