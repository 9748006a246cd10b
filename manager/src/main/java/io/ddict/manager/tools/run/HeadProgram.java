package io.ddict.manager.tools.run;

import io.ddict.client.classes.RemoteClassPath;
import io.ddict.client.node.NodeProcess;
import io.ddict.manager.launch.EndsWithParent;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * DDict's jars come before the program's own, from the folder that the property ddict.programs names, or
 * else the service's: a cache of classes is for all class paths that begin alike. The program is plain Java:
 * what it needs of the cluster is in its environment.
 */

/** The program that {@code ddict run} is for. */
public final class HeadProgram {
    // The library that encodes collections would make the program's JVM warn on the user's terminal.
    private static final String UNSAFE_ALLOWED = "--sun-misc-unsafe-memory-access=allow";

    private final List<String> command;

    private HeadProgram(List<String> command) {
        this.command = command;
    }

    /**
     * The program of a jar, or of a class, or one that comes with DDict: {@code bench} or {@code demo}.
     *
     * @param classPath null for what {@code java} would take
     * @throws IllegalArgumentException if there is no such jar, or it names no main class, or the benchmark
     *     is not built
     */
    public static HeadProgram of(
            String program,
            @Nullable String classPath,
            List<String> jvmOptions,
            List<String> arguments) throws IOException {
        OwnProgram own = OwnProgram.named(program);
        if (own != null) {
            return new HeadProgram(own.command(jvmOptions, arguments));
        }
        String moved = OtherNodes.movedClassPath();
        String users = moved != null ? moved : users(program, classPath);
        String mainClass = isJar(program)
                ? mainClass(Path.of(users.split(File.pathSeparator, 2)[0]))
                : program;
        List<String> entries = new ArrayList<>(libraries());
        if (!users.isEmpty()) {
            entries.add(users);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String startCache = System.getProperty(NodeProcess.START_CACHE_PROPERTY);
        if (startCache != null) {
            command.add("-D" + NodeProcess.START_CACHE_PROPERTY + "=" + startCache);
        }
        command.add(UNSAFE_ALLOWED);
        command.addAll(jvmOptions);
        command.add("-cp");
        command.add(String.join(File.pathSeparator, entries));
        command.add(mainClass);
        command.addAll(arguments);
        return new HeadProgram(command);
    }

    /**
     * The entries of a program's class path that are the user's own; none if none of them is on this machine.
     *
     * @param classPath null for what {@code java} would take
     */
    public static List<Path> entriesHere(String program, @Nullable String classPath)
            throws IOException {
        String users = OwnProgram.isOne(program) ? "" : users(program, classPath);
        List<Path> entries = users.isEmpty() ? List.of() : RemoteClassPath.entries(users);
        return entries.stream().anyMatch(Files::exists) ? entries : List.of();
    }

    private static boolean isJar(String program) {
        return program.endsWith(".jar");
    }

    // Empty for an example of DDict's: of whatever is in the working directory it needs nothing.
    private static String users(String program, @Nullable String classPath) {
        String path = classPath != null ? classPath : System.getenv("CLASSPATH");
        if (isJar(program)) {
            return path == null ? program : program + File.pathSeparator + path;
        }
        if (path != null) {
            return path;
        }
        return Files.exists(Path.of(program.replace('.', '/') + ".class")) ? "." : "";
    }

    private static String mainClass(Path jar) throws IOException {
        if (!Files.isReadable(jar)) {
            throw new IllegalArgumentException(
                    "program is not there: file=" + jar.toAbsolutePath()
                            + "; build it, or name a class and its --class-path");
        }
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String name = manifest == null
                    ? null
                    : manifest.getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
            if (name == null) {
                throw new IllegalArgumentException(
                        "jar names no main class: file=" + jar
                                + "; add Main-Class to its manifest, or run --class-path " + jar
                                + " with the name of the class");
            }
            return name.strip();
        }
    }

    /** Jars that programs need, and no more: the service's others have flags of their own. */
    private static List<String> libraries() throws IOException {
        String folder = System.getProperty("ddict.programs");
        if (folder != null) {
            try (Stream<Path> jars = Files.list(Path.of(folder))) {
                return jars.map(Path::toString).sorted().toList();
            }
        }
        List<String> needed = List.of("ddict-client", "ddict-store", "hash4j", "jspecify",
                "fory-core", "janino", "commons-compiler", "slf4j-api");
        String own = System.getProperty("java.class.path");
        return Stream.of(own.split(File.pathSeparator, -1))
                .filter(entry -> needed.stream()
                        .anyMatch(Path.of(entry).getFileName().toString()::startsWith))
                .toList();
    }

    /** Starts it, with this process's input and output. */
    public Process start(Map<String, String> environment) throws IOException {
        List<String> whole = new ArrayList<>(EndsWithParent.prefix());
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole).inheritIO();
        OtherNodes.forget(builder.environment());
        builder.environment().putAll(environment);
        return builder.start();
    }
}
