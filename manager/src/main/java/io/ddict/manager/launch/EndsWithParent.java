package io.ddict.manager.launch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs of the machine that stand in front of a command, and become it. */
public final class EndsWithParent {
    static final List<Path> FOLDERS =
            List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/local/bin"));

    private EndsWithParent() {}

    /**
     * What lets the kernel kill a process when the thread that started it ends; nothing where this machine
     * has no such program.
     */
    public static List<String> prefix() {
        return prefix("setpriv", "--pdeathsig", "KILL", "--");
    }

    /** What gives a process a session, and so a group, of its own; nothing where there is none. */
    static List<String> sessionPrefix() {
        return prefix("setsid");
    }

    private static List<String> prefix(String program, String... arguments) {
        return program(program)
                .map(file -> Stream.concat(Stream.of(file.toString()), Stream.of(arguments))
                        .toList())
                .orElse(List.of());
    }

    /** A program of the machine. */
    static Optional<Path> program(String name) {
        return FOLDERS.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
