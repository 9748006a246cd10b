package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.lab.Lab;
import io.ddict.manager.lab.LabRun;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ddict run} of a program that only one node of the lab has. */
@Timeout(120)
class LabClassesIT {
    private static final String HOSTS = "n1,n2,n3";
    private static final Path PROGRAM = Path.of("/tmp/program");

    private static Lab lab;

    @BeforeAll
    static void up(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
        lab = Lab.up(3).assume("ssh").sshd();
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @AfterEach
    void nothingIsLeftOnAnyNode() {
        lab.succeed("n1", "rm", "-rf", PROGRAM.toString());
        lab.succeed(Lab.CONTROLLER, "rm", "-rf", PROGRAM.toString());
        assertThat(lab.leftovers()).isEmpty();
    }

    @Test
    void findsJarsTheirDependenciesAndFoldersOnAllNodesAlsoWhenTheyHaveChanged()
            throws Exception {
        LabRun run = runWhereOnlyItIs(
                "n1", "", "run --hosts " + HOSTS + " -cp classes app.jar next.jar");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(Stream.of(
                expected("first pool", "1"), expected("first process", "1"),
                expected("second pool", "2"), expected("second process", "2"))
                .flatMap(List::stream).toList());
    }

    // What the first node has is used in place; of the others each gets three files, and then a new one.
    private static List<String> expected(String turn, String version) {
        String found = version + " of-dependency of-folder in ";
        int sent = version.equals("1") ? 3 : 4;
        return List.of(
                turn + " n1 " + found + PROGRAM + ", sent: 0",
                turn + " n2 " + found + "/tmp, sent: " + sent,
                turn + " n3 " + found + "/tmp, sent: " + sent);
    }

    @Test
    void sendsNothingToNodesThatHaveTheSameAtTheSamePath() throws Exception {
        Path made = program();

        LabRun run = lab.run("n1", "sh", "-c", "cd " + made + " && exec " + ScriptRun.SCRIPT
                + " run --hosts " + HOSTS + " -cp classes app.jar");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines()).hasSize(6)
                .allMatch(each -> each.endsWith("1 of-dependency of-folder in " + made
                        + ", sent: 0"));
    }

    @Test
    void goesWithItsProgramFromAMachineThatIsNoneOfItsNodes() throws Exception {
        LabRun run = runWhereOnlyItIs("n1", "", "run --hosts n2,n3 -cp classes app.jar");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.errors()).contains("ddict: working directory is not on the program's"
                + " machine: wanted=" + PROGRAM + ", used=/tmp");
        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(moved("n2", "n3"));
    }

    @Test
    void goesWithItsProgramIntoAJobOfSlurm() throws Exception {
        lab.assume("slurm").slurm();

        LabRun run = runWhereOnlyItIs(
                Lab.CONTROLLER, "salloc --quiet -N2 ", "run -cp classes app.jar");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.lines()).as(run.errors()).containsExactlyElementsOf(moved("n1", "n2"));
    }

    private static List<String> moved(String first, String second) {
        String found = " 1 of-dependency of-folder in /tmp, sent: ";
        return Stream.of("first pool ", "first process ")
                .flatMap(each -> Stream.of(
                        each + first + found + 0, each + second + found + 3))
                .toList();
    }

    private static LabRun runWhereOnlyItIs(String node, String prefix, String arguments)
            throws Exception {
        Path made = program();
        lab.succeed(node, "cp", "-r", made.toString(), PROGRAM.toString());
        lab.succeed(node, "rm", "-r", made.toString());
        return lab.run(node, "sh", "-c", "cd " + PROGRAM + " && exec " + prefix
                + ScriptRun.SCRIPT + " " + arguments);
    }

    /** A folder with a jar, another version of it, a jar that both name, and a folder of classes. */
    private static Path program() throws Exception {
        Path folder = Files.createTempDirectory(lab.folder(), "program");
        jar(folder.resolve("app.jar"), "1");
        jar(folder.resolve("next.jar"), "2");
        try (OutputStream file =
                Files.newOutputStream(Files.createDirectory(folder.resolve("lib"))
                        .resolve("dependency.jar"));
                JarOutputStream out = new JarOutputStream(file)) {
            add(out, "dependency", "of-dependency");
        }
        Files.writeString(
                Files.createDirectory(folder.resolve("classes")).resolve("folder"), "of-folder");
        return folder;
    }

    private static void jar(Path jar, String version) throws Exception {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.MAIN_CLASS, ShippedProgram.class.getName());
        main.put(Attributes.Name.CLASS_PATH, "lib/dependency.jar");
        Path classes = Path.of(RunScriptIT.classes());
        Path own = classes.resolve("io/ddict/pool");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                Stream<Path> files = Files.list(own)) {
            add(out, "version", version);
            for (Path each : files.filter(LabClassesIT::isOfProgram).toList()) {
                out.putNextEntry(new ZipEntry(classes.relativize(each).toString()));
                Files.copy(each, out);
            }
        }
    }

    private static boolean isOfProgram(Path file) {
        return file.getFileName().toString().startsWith(ShippedProgram.class.getSimpleName());
    }

    private static void add(JarOutputStream out, String name, String text) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
