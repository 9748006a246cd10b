package io.ddict.bench.peers;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Command lines of further JVMs: this JDK, and what they need of this class path. */
public final class JavaCommand {
    private JavaCommand() {}

    /** The command that runs a class. */
    public static List<String> of(
            List<String> flags,
            Predicate<String> classPathFilter,
            Class<?> mainClass,
            String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.add("-cp");
        command.add(classPath(classPathFilter));
        command.add(mainClass.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    private static String classPath(Predicate<String> filter) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(filter)
                .collect(Collectors.joining(File.pathSeparator));
    }
}
