package io.ddict.manager.tools;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script at the root of the repository, which finds a JDK and the built jars. */
class ScriptIT {
    private static final Path SCRIPT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict");

    @TempDir
    private Path folder;

    @Test
    void runsFromAnyFolderAndThroughLinks() throws Exception {
        Files.createDirectory(folder.resolve("with space"));
        Path link = Files.createSymbolicLink(folder.resolve("with space/link"), SCRIPT);
        Path second = Files.createSymbolicLink(folder.resolve("dd"), folder.relativize(link));

        CommandRun run = run(Map.of(), second.toString(), "--version");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("ddict ").doesNotContain("not packaged");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void passesExitCodesAndArgumentsOn() throws Exception {
        CommandRun run = run(Map.of(), SCRIPT.toString(), "get", "a  b", "--cluster", "not there");

        assertThat(run.exitCode()).isNotZero();
        assertThat(run.err()).contains("not there").hasLineCount(1);
    }

    @Test
    void refusesTheJdkThatTheUserNamedIfItIsTooOld() throws Exception {
        Path old = jdk("17.0.15");

        CommandRun run =
                run(Map.of("DDICT_JAVA_HOME", old.toString()), SCRIPT.toString(), "--version");

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.err()).contains("not a JDK 25 or newer", old.toString()).hasLineCount(1);
    }

    @Test
    void passesOverAnOldJavaHome() throws Exception {
        Path linked = Files.createSymbolicLink(
                tools().resolve("java"), Path.of(System.getProperty("java.home"), "bin", "java"));

        CommandRun run = run(
                Map.of("JAVA_HOME", jdk("1.8.0_402").toString(),
                        "PATH", linked.getParent().toString()),
                SCRIPT.toString(), "--version");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("JDK " + Runtime.version());
    }

    @Test
    void saysWhatToInstallIfMavenIsMissing() throws Exception {
        // A copy has nothing built beside it.
        Path copy = Files.copy(SCRIPT, folder.resolve("ddict"));
        Files.createFile(folder.resolve("pom.xml"));
        Map<String, String> environment = Map.of(
                "DDICT_JAVA_HOME", System.getProperty("java.home"),
                "PATH", tools().toString());

        CommandRun run = run(environment, copy.toString(), "--version");

        assertThat(run.exitCode()).isEqualTo(70);
        assertThat(run.err()).contains("Maven is needed", "install it").hasLineCount(1);
    }

    /** A folder that looks like a JDK of that version. */
    private Path jdk(String version) throws IOException {
        Path home = Files.createDirectories(folder.resolve("jdk-" + version));
        Path javac = Files.createDirectories(home.resolve("bin")).resolve("javac");
        assertThat(Files.createFile(javac).toFile().setExecutable(true)).isTrue();
        Files.writeString(home.resolve("release"), String.format(java.util.Locale.ROOT, """
                IMPLEMENTOR="Nobody"
                JAVA_VERSION="%s"
                """, version));
        return home;
    }

    /** A folder for the PATH that holds what the script itself needs, and neither Maven nor Java. */
    private Path tools() throws IOException {
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String name : List.of("sh", "dirname", "readlink", "rm")) {
            Path found = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(entry -> Path.of(entry, name))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
            Files.createSymbolicLink(tools.resolve(name), found);
        }
        return tools;
    }

    private CommandRun run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.environment().putAll(environment);
        int exitCode = builder.start().waitFor();
        return new CommandRun(
                exitCode, Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }
}
