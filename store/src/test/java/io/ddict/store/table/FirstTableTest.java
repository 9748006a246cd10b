package io.ddict.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.store.SharedMemoryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the first table of a process does besides, told by the classes that the JVM loads for it. */
class FirstTableTest {
    private static final Path NODE_ARGUMENTS = Path.of("..", ".config", "node.args");

    @TempDir(factory = SharedMemoryDirectory.class)
    private Path directory;

    @TempDir
    private Path home;

    @TempDir
    private Path logs;

    private List<String> classesLoaded() throws IOException, InterruptedException {
        Path log = logs.resolve("classes");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + NODE_ARGUMENTS,
                "-Duser.home=" + home,
                "-Xlog:class+load:file=" + log,
                "-cp",
                System.getProperty("java.class.path"),
                FirstTable.class.getName(),
                directory.toString());
        builder.environment().put("HOME", home.toString());
        Path output = logs.resolve("output");
        Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        assertThat(output).as("nothing is printed").hasContent("");
        return Files.readAllLines(log);
    }

    private static List<String> named(List<String> classes, String part) {
        return classes.stream().filter(line -> line.contains(part)).toList();
    }

    @Test
    void compilesNothingAndTellsNobodyAboutIt() throws IOException, InterruptedException {
        List<String> classes = classesLoaded();
        assertThat(named(classes, "VanillaChronicleMap ")).as("a table was made").isNotEmpty();
        assertThat(named(classes, "VanillaGlobalMutableState$$Native ")).hasSize(1);
        // Chronicle looks up the compiler in any case; these come when it is used.
        assertThat(named(classes, "com.sun.tools.javac.main.JavaCompiler ")).isEmpty();
        assertThat(named(classes, "com.sun.tools.javac.tree.JCTree ")).isEmpty();
        assertThat(named(classes, "chronicle.analytics")).isEmpty();
        assertThat(named(classes, "java.net.Socket ")).isEmpty();
        assertThat(named(classes, "java.net.http.")).isEmpty();
        assertThat(home).as("a home that was empty").isEmptyDirectory();
    }
}
