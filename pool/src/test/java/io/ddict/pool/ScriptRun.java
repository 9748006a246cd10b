package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a command left behind.
 *
 * @param lines its output
 * @param errors its standard error
 */
record ScriptRun(int exitCode, List<String> lines, String errors) {
    private static final int TIMEOUT_S = 50;
    static final Path SCRIPT =
            Path.of(java.lang.System.getProperty("basedir", ".")).toAbsolutePath().normalize()
                    .resolveSibling("ddict");

    /** Uses {@code ddict run} once: the first use with a JDK prepares something, and says so. */
    static void prepare(Path folder) throws Exception {
        assertThat(ofRun(folder, "--help").exitCode).isZero();
    }

    /** Runs {@code ddict run}, in a folder. */
    static ScriptRun ofRun(Path folder, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), "run"));
        command.addAll(List.of(arguments));
        return of(folder, command);
    }

    /** Runs a command in a folder, until its end. */
    static ScriptRun of(Path folder, List<String> command) throws Exception {
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().put("LC_ALL", "C.UTF-8");
        java.lang.Process process = builder.start();
        boolean ended = process.waitFor(TIMEOUT_S, TimeUnit.SECONDS);
        process.destroyForcibly();
        String told = Files.readString(errors);
        assertThat(ended).as("ends: %s", told).isTrue();
        return new ScriptRun(process.exitValue(), Files.readAllLines(output), told);
    }
}
