package io.ddict.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** A program of the system that a peer starts, by its name and that of its Debian package. */
record Program(String name, String debianPackage) {
    /** Whether it can be found. */
    boolean isInstalled() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }

    /** That it cannot be found, and how to install it; empty if it can. */
    Optional<String> absence() {
        return isInstalled()
                ? Optional.empty()
                : Optional
                        .of("program not found: program=" + name + "; install it: apt-get install "
                                + debianPackage);
    }

    /** What it says of its version, or that it is not installed. */
    String version() {
        if (!isInstalled()) {
            return name + " (not installed)";
        }
        try {
            Process process = new ProcessBuilder(name, "--version")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            return output.lines().findFirst().orElse(name);
        } catch (IOException e) {
            return name + " (" + e.getMessage() + ")";
        }
    }
}
