package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictTimeoutException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Processes from their start to their end. */
@ExtendWith(NothingLeft.class)
class ProcessIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    @Test
    void startsAnExecutableAndReturnsItsExitCode() {
        Process process = Process.start(shell("exit 7"));

        assertThat(process.join(TIMEOUT)).isEqualTo(7);
        assertThat(process.isAlive()).isFalse();
        assertThat(process.exitCode()).hasValue(7);
        assertThat(process.exitSignal()).isEmpty();
        assertThat(process.host()).isEqualTo(System.current().primaryNode().host());
    }

    @Test
    void joinsNoLongerThanItsTimeout() {
        Process process = Process.start(ProcessTemplate.executable("sleep", "100"));

        assertThatThrownBy(() -> process.join(Duration.ofMillis(50)))
                .isInstanceOf(DDictTimeoutException.class)
                .hasMessageContaining("process still runs: process=" + process.name());
        assertThat(process.isAlive()).isTrue();
        assertThat(process.exitCode()).isEmpty();
        assertThat(process.kill()).isTrue();
        assertThat(process.join(TIMEOUT)).isEqualTo(128 + Process.SIGKILL);
        assertThat(process.exitSignal()).hasValue(Process.SIGKILL);
        assertThat(process.kill()).isFalse();
    }

    @Test
    void sendsSignals() throws IOException {
        Process process = Process.start(
                shell("trap 'echo got; exit 5' USR1; echo ready; while :; do sleep 0.02; done")
                        .stdout(Redirect.PIPE));
        assertThat(line(process.stdout())).isEqualTo("ready");

        assertThat(process.signal(10)).isTrue();

        assertThat(line(process.stdout())).isEqualTo("got");
        assertThat(process.join(TIMEOUT)).isEqualTo(5);
        Process terminated = Process.start(ProcessTemplate.executable("sleep", "100"));
        assertThat(terminated.terminate()).isTrue();
        assertThat(terminated.join(TIMEOUT)).isEqualTo(143);
        assertThat(terminated.exitSignal()).hasValue(Process.SIGTERM);
        assertThatThrownBy(() -> terminated.signal(99))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no such signal: signal=99");
    }

    @Test
    void endsWhatAProcessLeavesBehind() {
        Process process = Process.start(shell("sleep 100 & exit 0"));

        assertThat(process.join(TIMEOUT)).isZero();
        // That nothing is left is checked after every test.
    }

    @Test
    void showsOutputInThatOfTheLauncher() {
        try (Captured captured = new Captured()) {
            int exitCode = Process.start(shell("echo one; echo two >&2; printf three"))
                    .join(TIMEOUT);

            assertThat(exitCode).isZero();
            assertThat(captured.out()).isEqualTo("one\nthree");
            assertThat(captured.err()).isEqualTo("two\n");
        }
    }

    @Test
    void putsALabelBeforeEachLine() {
        try (Captured captured = new Captured()) {
            int exitCode = Process.start(
                    shell("printf 'a\\nb'; sleep 0.05; printf 'c\\nlast'; echo no >&2")
                            .label("[w] "))
                    .join(TIMEOUT);

            assertThat(exitCode).isZero();
            assertThat(captured.out()).isEqualTo("[w] a\n[w] bc\n[w] last\n");
            assertThat(captured.err()).isEqualTo("[w] no\n");
        }
    }

    @Test
    void readsAndWritesPipes() throws IOException {
        Process process = Process.start(
                ProcessTemplate.executable("cat").stdin(Redirect.PIPE).stdout(Redirect.PIPE));

        try (OutputStream input = process.stdin()) {
            input.write("across\n".getBytes(StandardCharsets.UTF_8));
            assertThat(line(process.stdout())).isEqualTo("across");
        }

        assertThat(process.stdout().read()).isEqualTo(-1);
        assertThat(process.join(TIMEOUT)).isZero();
    }

    @Test
    void carriesMuchThroughPipes() throws Exception {
        Process process = Process.start(
                ProcessTemplate.executable("cat").stdin(Redirect.PIPE).stdout(Redirect.PIPE));
        byte[] piece = new byte[1 << 20];
        java.util.Arrays.fill(piece, (byte) 'x');
        Thread writer = Thread.ofPlatform().start(() -> {
            try (OutputStream input = process.stdin()) {
                for (int i = 0; i < 8; i++) {
                    input.write(piece);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });

        long read = process.stdout().transferTo(OutputStream.nullOutputStream());

        assertThat(read).isEqualTo(8L << 20);
        writer.join();
        assertThat(process.join(TIMEOUT)).isZero();
    }

    @Test
    void blocksAProcessWhoseOutputNobodyReadsAndNothingElse() throws IOException {
        Process process = Process.start(
                shell("yes | head -c 4000000; echo end > written").directory(folder)
                        .stdout(Redirect.PIPE));
        assertThat(line(process.stdout())).isEqualTo("y");

        // The session goes on meanwhile.
        assertThat(Process.start(shell("exit 3")).join(TIMEOUT)).isEqualTo(3);
        assertThat(Files.exists(folder.resolve("written"))).isFalse();
        assertThat(process.isAlive()).isTrue();

        assertThat(process.stdout().transferTo(OutputStream.nullOutputStream()))
                .isEqualTo(4_000_000 - 2);
        assertThat(process.join(TIMEOUT)).isZero();
        assertThat(Files.exists(folder.resolve("written"))).isTrue();
    }

    @Test
    void letsAProcessGoOnWhenAPipeIsClosed() throws IOException {
        Process process = Process.start(
                shell("yes | head -c 4000000").stdout(Redirect.PIPE));
        assertThat(line(process.stdout())).isEqualTo("y");

        process.stdout().close();

        assertThat(process.join(TIMEOUT)).isZero();
    }

    @Test
    void appendsToFilesAndReadsThem() throws IOException {
        Files.writeString(folder.resolve("in"), "from file\n");
        Files.writeString(folder.resolve("out"), "before\n");
        ProcessTemplate template = shell("cat; echo oops >&2").directory(folder)
                .stdin(Redirect.file(Path.of("in")))
                .stdout(Redirect.file(Path.of("out")));

        assertThat(Process.start(template.stderr(Redirect.STDOUT)).join(TIMEOUT)).isZero();
        assertThat(Process.start(template.stderr(Redirect.DISCARD)).join(TIMEOUT)).isZero();

        assertThat(folder.resolve("out"))
                .hasContent("before\nfrom file\noops\nfrom file\n");
    }

    @Test
    void setsDirectoryAndEnvironment() throws IOException {
        Process process = Process.start(
                shell("pwd; echo $GREETING; echo $HOME; wc -c").directory(folder)
                        .environment("GREETING", "hello")
                        .stdout(Redirect.PIPE));

        assertThat(lines(process)).containsExactly(
                folder.toRealPath().toString(), "hello", java.lang.System.getenv("HOME"), "0");
        assertThat(process.join(TIMEOUT)).isZero();
    }

    @Test
    void runsALambdaAndBringsItsResult() {
        int base = 40;

        Process process = Process.start(ProcessTemplate.of(() -> base + 2));

        assertThat(process.<Integer>result(TIMEOUT)).isEqualTo(42);
        assertThat(process.join(TIMEOUT)).isZero();
    }

    @Test
    void bringsWhatALambdaThrew() {
        Process process = Process.start(ProcessTemplate.of(() -> {
            throw new IllegalStateException("here", new IOException("there"));
        }).stderr(Redirect.DISCARD));

        assertThatThrownBy(() -> process.join(TIMEOUT))
                .isInstanceOfSatisfying(
                        ProcessFailedException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(1))
                .cause()
                .isInstanceOfSatisfying(RemoteFailure.class, remote -> {
                    assertThat(remote.className()).isEqualTo(IllegalStateException.class.getName());
                    assertThat(remote).hasMessage("java.lang.IllegalStateException: here");
                    assertThat(remote.getStackTrace()[0].getClassName())
                            .isEqualTo(ProcessIT.class.getName());
                    assertThat(remote).cause().hasMessage("java.io.IOException: there");
                });
        assertThatThrownBy(() -> process.<Object>result(TIMEOUT))
                .isInstanceOf(ProcessFailedException.class)
                .hasMessageContaining("thrown=java.lang.IllegalStateException: here");
    }

    @Test
    void printsTheStackTraceOfALambdaAsAnyProgramDoes() {
        try (Captured captured = new Captured()) {
            Process process = Process.start(ProcessTemplate.of(() -> {
                throw new IllegalStateException("seen");
            }));

            assertThatThrownBy(() -> process.join(TIMEOUT))
                    .isInstanceOf(ProcessFailedException.class);
            assertThat(captured.err())
                    .startsWith(
                            "Exception in thread \"main\" java.lang.IllegalStateException: seen")
                    .contains("at " + ProcessIT.class.getName());
        }
    }

    @Test
    void hasNoResultOfALambdaThatIsKilled() {
        Process process = Process.start(ProcessTemplate.of(() -> {
            java.util.concurrent.locks.LockSupport.park();
            return 1;
        }));
        assertThat(process.kill()).isTrue();

        assertThatThrownBy(() -> process.<Integer>result(TIMEOUT))
                .isInstanceOf(ProcessFailedException.class)
                .hasMessageContaining("process ended without a result: process=")
                .hasMessageContaining("exitCode=137");
    }

    @Test
    void refusesALambdaThatCannotTravel() {
        Object notSerializable = new Object();

        assertThatThrownBy(() -> ProcessTemplate.of(notSerializable::toString))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("task cannot travel to another process: cause=")
                .hasMessageContaining("java.lang.Object");
    }

    @Test
    void refusesALambdaThatIsTooLongAndGoesOn() {
        byte[] captured = new byte[2 << 20];

        assertThatThrownBy(() -> Process.start(ProcessTemplate.of(() -> captured.length)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("request cannot be encoded: request=PROCESS_START")
                .hasMessageContaining("frame too long: length=");
        Process tooLong = Process.start(ProcessTemplate.of(() -> new byte[1 << 20])
                .stderr(Redirect.DISCARD));
        assertThatThrownBy(() -> tooLong.join(TIMEOUT))
                .isInstanceOf(ProcessFailedException.class)
                .cause()
                .hasMessageContaining("result too long: length=");
        assertThat(Process.start(shell("exit 9")).join(TIMEOUT)).isEqualTo(9);
    }

    @Test
    void runsTheMainMethodOfAClass() throws IOException {
        Process process = Process.start(
                ProcessTemplate.main(Echo.class, "a b", 7)
                        .jvmOptions("-Dgreeting=hi")
                        .stdout(Redirect.PIPE));

        assertThat(lines(process)).containsExactly("hi", "a b", "7");
        assertThat(process.join(TIMEOUT)).isZero();
        Process thrown = Process.start(ProcessTemplate.main(Echo.class).stderr(Redirect.DISCARD)
                .stdout(Redirect.DISCARD));
        assertThatThrownBy(() -> thrown.join(TIMEOUT))
                .isInstanceOf(ProcessFailedException.class)
                .cause()
                .hasMessageStartingWith("java.lang.IllegalArgumentException: no arguments");
    }

    /** A program with a main method. */
    public static final class Echo {
        private Echo() {}

        public static void main(String[] arguments) {
            java.lang.System.out.println(java.lang.System.getProperty("greeting"));
            List.of(arguments).forEach(java.lang.System.out::println);
            if (arguments.length == 0) {
                throw new IllegalArgumentException("no arguments");
            }
        }
    }

    @Test
    void runsMainMethodsThatJavaWouldRun() throws IOException {
        Process instance = Process.start(
                ProcessTemplate.main(Brief.class, "not looked at").stdout(Redirect.PIPE));
        assertThat(lines(instance)).containsExactly("brief");
        assertThat(instance.join(TIMEOUT)).isZero();
        Process inherited = Process.start(
                ProcessTemplate.main(Heir.class, "a").stdout(Redirect.PIPE));
        assertThat(lines(inherited)).containsExactly("1");
        assertThat(inherited.join(TIMEOUT)).isZero();
        Process none = Process.start(
                ProcessTemplate.main(ProcessIT.class).stderr(Redirect.DISCARD));
        assertThatThrownBy(() -> none.join(TIMEOUT))
                .isInstanceOf(ProcessFailedException.class)
                .cause()
                .hasMessageContaining("class has no main method: class=io.ddict.pool.ProcessIT");
    }

    /** A program of an instance. */
    static final class Brief {
        void main() {
            java.lang.System.out.println("brief");
        }
    }

    /** A program that others inherit. */
    static class Ancestor {
        static void main(String[] arguments) {
            java.lang.System.out.println(arguments.length);
        }
    }

    /** Arguments go before none, wherever that method is. */
    static final class Heir extends Ancestor {
        static void main() {
            java.lang.System.out.println("not this one");
        }
    }

    @Test
    void writesNothingOfItsOwn() {
        try (Captured captured = new Captured(); DDict<String, List<String>> dict = small()) {
            int exitCode = Process.start(ProcessTemplate.of(() -> {
                dict.put("collections", List.of("are written", "by a library"));
            })).join(TIMEOUT);

            assertThat(exitCode).isZero();
            assertThat(captured.out() + captured.err()).isEmpty();
        }
    }

    @Test
    void passesDictionariesToLambdasAndMains() {
        try (DDict<String, Long> dict = small()) {
            dict.put("count", 1L);
            assertThat(Process.start(ProcessTemplate.of(() -> dict.getAndAdd("count", 1)))
                    .<Long>result(TIMEOUT)).isEqualTo(1L);
            assertThat(Process.start(ProcessTemplate.main(Count.class, dict)).join(TIMEOUT))
                    .isZero();

            assertThat(dict.get("count")).isEqualTo(3L);
        }
    }

    /** Adds to a dictionary that its argument names. */
    public static final class Count {
        private Count() {}

        public static void main(String[] arguments) {
            try (DDict<String, Long> dict = DDict.attach(arguments[0])) {
                dict.getAndAdd("count", 1);
            }
        }
    }

    @Test
    void passesTheStateOfAHandle() {
        DDictConfig config = DDictConfig.builder().totalMemory(ByteSize.mib(16))
                .managersPerNode(2).workingSetSize(3).build();
        try (DDict<String, String> dict = DDict.create(config)) {
            assertThat(dict.checkpoint()).isEqualTo(1);
            dict.put("at", "one");
            DDict<String, String> second = dict.manager(1);

            assertThat(Process.start(ProcessTemplate.of(
                    () -> dict.checkpointId() + dict.get("at") + second.managers()
                            + second.whichManager("any") + second.checkpointId()))
                    .<String>result(TIMEOUT)).isEqualTo("1one211");
        }
    }

    @Test
    void letsAProcessCreateInTheClusterOfItsStarter() {
        String cluster = System.current().cluster();

        String handle = Process.start(ProcessTemplate.of(() -> small().serialize()))
                .result(TIMEOUT);

        assertThat(handle).contains(":" + cluster + ":");
        assertThat(DDict.attach(handle).isEmpty()).isTrue();
    }

    @Test
    void letsAProcessStartProcesses() {
        int sum = Process.start(ProcessTemplate.of(
                () -> 1 + Process.start(ProcessTemplate.of(() -> 2)).<Integer>result(TIMEOUT)))
                .<Integer>result(TIMEOUT);

        assertThat(sum).isEqualTo(3);
    }

    @Test
    void isFoundByItsNameFromAnyClient() {
        Process process = Process.start(
                ProcessTemplate.executable("sleep", "100").name("known"));

        assertThat(Process.list()).extracting(Process::name).containsExactly("known");
        boolean killed = Process.start(
                ProcessTemplate.of(() -> Process.find("known").orElseThrow().kill()))
                .<Boolean>result(TIMEOUT);

        assertThat(killed).isTrue();
        assertThat(process.join(TIMEOUT)).isEqualTo(137);
        assertThat(Process.list()).isEmpty();
        Process found = Process.find("known").orElseThrow();
        assertThat(found.processId()).isEqualTo(process.processId());
        assertThat(found.join(TIMEOUT)).isEqualTo(137);
        assertThat(Process.find("unknown")).isEmpty();
        assertThatThrownBy(found::stdout)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stream is no pipe of this program's: stream=stdout");
    }

    @Test
    void tellsTheEndToWhoFoundIt() {
        Process started = Process.start(
                ProcessTemplate.executable("cat").stdin(Redirect.PIPE).name("watched"));
        Process found = Process.find("watched").orElseThrow();
        assertThat(found.isAlive()).isTrue();

        assertThat(started.terminate()).isTrue();

        assertThat(found.join(TIMEOUT)).isEqualTo(143);
    }

    @Test
    void refusesWhatCannotBeStarted() {
        ProcessTemplate sleeper = ProcessTemplate.executable("sleep", "100");
        Process first = Process.start(sleeper.name("taken"));
        refused(sleeper.name("taken"), "a process of this name runs: name=taken");
        refused(ProcessTemplate.executable("no-such"),
                "executable not found: executable=no-such");
        refused(ProcessTemplate.executable("/etc/passwd"),
                "executable not found: executable=/etc/passwd");
        refused(sleeper.directory(folder.resolve("none")),
                "working directory is not there: directory=" + folder.resolve("none"));
        refused(sleeper.stdout(Redirect.file(folder.resolve("none/out"))),
                "redirect target cannot be written: file=" + folder.resolve("none/out"));
        refused(sleeper.stderr(Redirect.file(folder)),
                "redirect target cannot be written: file=" + folder);
        refused(sleeper.stdin(Redirect.file(folder.resolve("none"))),
                "file for standard input cannot be read: file=" + folder.resolve("none"));
        assertThatThrownBy(() -> sleeper.stdin(Redirect.INHERIT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("standard input comes from a file, PIPE or DISCARD");
        assertThatThrownBy(() -> sleeper.stdout(Redirect.STDOUT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only standard error can go where standard output goes");

        assertThat(first.kill()).isTrue();
        assertThat(first.join(TIMEOUT)).isEqualTo(137);
        assertThat(Process.start(shell("exit 0").name("taken")).join(TIMEOUT)).isZero();
    }

    private static void refused(ProcessTemplate template, String text) {
        assertThatThrownBy(() -> Process.start(template))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    @Test
    void runsInAClusterByItsName() {
        String cluster = "named-" + ProcessHandle.current().pid();
        try (Cluster started = Cluster.start(cluster)) {
            Process process = System.of(cluster)
                    .start(shell("test \"$DDICT_CLUSTER\" = " + cluster));

            assertThat(process.join(TIMEOUT)).isZero();
            assertThat(started.dictionaries()).isEmpty();
            started.stop();
        }
        assertThat(NothingLeft.files(cluster)).isEmpty();
    }

    @Test
    void runsManyFromManyThreads() throws Exception {
        List<Thread> threads = java.util.stream.IntStream.range(0, 4)
                .mapToObj(thread -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 20; i++) {
                        int code = i;
                        assertThat(Process.start(shell("exit " + code)).join(TIMEOUT))
                                .isEqualTo(code);
                    }
                }))
                .toList();
        for (Thread each : threads) {
            each.join();
        }
        assertThat(Process.list()).isEmpty();
    }

    private static <V> DDict<String, V> small() {
        return DDict.create(DDictConfig.builder().totalMemory(ByteSize.mib(16)).build());
    }

    private static ProcessTemplate shell(String script) {
        return ProcessTemplate.executable("sh", "-c", script);
    }

    private static List<String> lines(Process process) throws IOException {
        return new String(process.stdout().readAllBytes(), StandardCharsets.UTF_8).lines()
                .toList();
    }

    private static String line(InputStream input) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int letter = input.read(); letter >= 0 && letter != '\n'; letter = input.read()) {
            line.append((char) letter);
        }
        return line.toString();
    }
}
