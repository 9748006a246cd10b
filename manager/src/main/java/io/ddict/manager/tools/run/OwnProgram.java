package io.ddict.manager.tools.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that comes with DDict, and that users name by the command which runs it elsewhere.
 *
 * @param folder what its jars are in
 * @param mainClass its main class
 * @param arguments that come before the user's
 */
record OwnProgram(Path folder, String mainClass, List<String> arguments) {
    private static final String BENCH = "bench";
    private static final String DEMO = "demo";

    /** Whether it has such a name. */
    static boolean isOne(String name) {
        return name.equals(BENCH) || name.equals(DEMO);
    }

    /**
     * The program of a name.
     *
     * @return null if it is none of these
     * @throws IllegalArgumentException if it is not built
     */
    static @Nullable OwnProgram named(String name) {
        return switch (name) {
            case BENCH -> new OwnProgram(
                    built(Path.of(System.getProperty("ddict.bench", "bench"), "lib")),
                    "io.ddict.bench.driver.Main", List.of());
            case DEMO -> new OwnProgram(
                    home().resolve("lib"), "io.ddict.manager.tools.Main", List.of(DEMO));
            default -> null;
        };
    }

    /** The command that runs it. */
    List<String> command(List<String> jvmOptions, List<String> users) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-Dddict.home=" + home()));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", folder + "/*", mainClass));
        command.addAll(arguments);
        command.addAll(users);
        return command;
    }

    private static Path home() {
        return Path.of(System.getProperty("ddict.home", "")).toAbsolutePath();
    }

    private static Path built(Path jars) {
        if (!Files.isDirectory(jars)) {
            throw new IllegalArgumentException("benchmark is not built: folder="
                    + jars.toAbsolutePath() + "; ddict bench --help builds it");
        }
        return jars;
    }
}
