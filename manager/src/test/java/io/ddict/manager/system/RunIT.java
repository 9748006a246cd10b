package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ddict run}: a program and its node service, and nothing of them afterwards. */
class RunIT {
    private static final String HEAD = HeadMain.class.getName();
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private Machine machine;
    private Process command;

    @BeforeEach
    void begin() {
        machine = new Machine();
    }

    @AfterEach
    void end() throws Exception {
        if (command != null) {
            command.destroyForcibly();
            assertThat(command.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        Await.until(TIMEOUT, () -> "end of the program", () -> machine.processes().isEmpty());
        machine.close();
    }

    private void run(String... arguments) throws IOException {
        Path home = Path.of(System.getProperty("ddict.home"));
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + home.resolve("node.args"),
                "-cp", System.getProperty("java.class.path"),
                "io.ddict.manager.tools.Main", "run"));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("DDICT_DIRECTORY", machine.directory().toString());
        builder.environment().put("CLASSPATH", classes());
        command = builder.start();
    }

    // The program's class path is not the command's: its libraries are added by the command.
    private static String classes() {
        String own = RunIT.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        Path root = Path.of(own).resolve("../../..").normalize();
        return own + ":" + root.resolve("client/target/classes") + ":"
                + root.resolve("store/target/classes");
    }

    private List<String> output() throws IOException {
        return new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines().toList();
    }

    private int exitCode() throws InterruptedException {
        assertThat(command.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return command.exitValue();
    }

    private String errors() throws IOException {
        return Files.readString(folder.resolve("err"));
    }

    @Test
    void passesArgumentsAndStreamsAndTheExitCode() throws Exception {
        run(HEAD, "exit", "--help", "a b");
        try (OutputStream input = command.getOutputStream()) {
            input.write("typed".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(output()).containsExactly("arguments exit,--help,a b", "input typed");
        assertThat(exitCode()).isEqualTo(1);
        assertThat(errors()).startsWith("errors\n")
                .endsWith("ddict: head program ended: exitCode=1\n");
        assertThat(machine.leftovers()).isEmpty();
    }

    @Test
    void isTheServiceOfWhatTheProgramCreates() throws Exception {
        run("--quiet", HEAD, "create");

        assertThat(output()).singleElement().asString()
                .startsWith("ddict:1:run-" + command.pid() + ":").endsWith(" [b, c]");
        assertThat(exitCode()).isZero();
        assertThat(errors()).isEmpty();
        assertThat(machine.leftovers()).isEmpty();
    }

    @Test
    void runsTheMainClassOfAJar() throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        Path silent = jar("silent.jar", manifest);
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, HEAD);
        Path jar = jar("app.jar", manifest);

        run("--quiet", "--cluster", "mine", jar.toString(), "create");
        assertThat(output()).singleElement().asString().startsWith("ddict:1:mine:");
        assertThat(exitCode()).isZero();
        run(silent.toString());
        assertThat(exitCode()).isEqualTo(2);
        assertThat(errors()).startsWith("ddict: jar names no main class: file=").hasLineCount(1);
        run(folder.resolve("none.jar").toString());
        assertThat(exitCode()).isEqualTo(2);
        assertThat(errors()).startsWith("ddict: program is not there: file=").hasLineCount(1);
    }

    private Path jar(String name, Manifest manifest) throws IOException {
        Path file = folder.resolve(name);
        try (JarOutputStream out =
                new JarOutputStream(Files.newOutputStream(file), manifest)) {
            out.putNextEntry(new JarEntry("empty"));
            out.closeEntry();
        }
        return file;
    }

    @Test
    void passesSignalsOn() throws Exception {
        for (String signal : List.of("TERM", "INT", "HUP")) {
            run(HEAD, "wait");
            BufferedReader reader = command.inputReader(StandardCharsets.UTF_8);
            assertThat(reader.readLine()).startsWith("ready ");

            ChildProcess.signal(command.pid(), "-" + signal);

            assertThat(reader.readLine()).isEqualTo("hook");
            int expected = switch (signal) {
                case "TERM" -> 143;
                case "INT" -> 130;
                default -> 129;
            };
            assertThat(exitCode()).isEqualTo(expected);
            assertThat(errors()).isEqualTo("ddict: head program ended: exitCode=" + expected
                    + "\n");
            assertThat(machine.leftovers()).isEmpty();
        }
    }

    @Test
    void tellsThatTheProgramWasKilled() throws Exception {
        run(HEAD, "wait");
        long head = head();

        ChildProcess.signal(head, "-KILL");

        assertThat(exitCode()).isEqualTo(137);
        assertThat(machine.leftovers()).isEmpty();
    }

    @Test
    void takesTheProgramAlongWhenItIsKilled() throws Exception {
        run("--cluster", "killed", HEAD, "wait");
        assertThat(head()).isPositive();

        ChildProcess.signal(command.pid(), "-KILL");

        assertThat(exitCode()).isEqualTo(137);
        Await.until(TIMEOUT, () -> "end of the program", () -> machine.processes().isEmpty());
        // Its files are swept by the next start.
        run(HEAD, "create");
        assertThat(exitCode()).isZero();
        assertThat(machine.leftovers()).isEmpty();
    }

    private long head() throws IOException {
        String line = command.inputReader(StandardCharsets.UTF_8).readLine();
        return Long.parseLong(line.substring("ready ".length()));
    }
}
