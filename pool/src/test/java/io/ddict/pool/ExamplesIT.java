package io.ddict.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/*
 * Each example runs as users run it, by the script, in a process of its own. What it prints is compared with
 * what other programs, or a plain loop, make of the same files.
 */

/** The programs of {@code src/examples}. */
@ExtendWith(NothingLeft.class)
class ExamplesIT {
    private static final String PACKAGE = "io.ddict.examples.";

    @TempDir
    private Path folder;

    private List<String> files;

    @BeforeAll
    static void prepare(@TempDir Path anywhere) throws Exception {
        ScriptRun.prepare(anywhere);
    }

    @BeforeEach
    void writeFiles() throws IOException {
        Path texts = Files.createDirectories(folder.resolve("texts/inner"));
        for (int i = 0; i < 12; i++) {
            Files.writeString(
                    texts.resolve("chapter-" + i + ".txt"),
                    ("The dictionary of words, line " + i + "\n").repeat(1 + i * i)
                            + "A last line, café included\n");
        }
        Files.writeString(folder.resolve("texts/empty.txt"), "");
        Files.writeString(folder.resolve("texts/single.txt"), "one line, no dictionary here\n");
        try (Stream<Path> all = Files.walk(folder.resolve("texts"))) {
            files = all.filter(Files::isRegularFile)
                    .map(each -> folder.relativize(each).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void saysHelloOnEveryCpu() throws Exception {
        List<String> lines = succeed("Hello", "good morning");

        assertThat(lines).allMatch(each -> each
                .matches("process \\d+ on CPU \\d+ of \\S+: good morning"));
        assertThat(lines.stream().map(each -> each.replaceAll(".* CPU (\\d+) of .*", "$1")))
                .containsExactlyInAnyOrderElementsOf(
                        System.current().primaryNode().cpus().stream().map(String::valueOf)
                                .toList());
        assertThat(lines.stream().map(each -> each.replaceAll(" on CPU.*", "")))
                .doesNotHaveDuplicates();
    }

    @Test
    void worksWithTwoPools() throws Exception {
        List<String> hashes = command("sha256sum " + String.join(" ", files));
        List<String> wanted = new ArrayList<>();
        int total = 0;
        for (int i = 0; i < files.size(); i++) {
            int length = packedLength(files.get(i));
            wanted.add(hashes.get(i) + ": " + length + " B packed");
            total += length;
        }
        wanted.add(files.size() + " files, " + total + " B packed");

        assertThat(succeed("TwoPools", "texts")).isEqualTo(wanted);
    }

    private int packedLength(String file) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(Files.readAllBytes(folder.resolve(file)));
        }
        return packed.size();
    }

    @Test
    void checksArchivesByPoolsInPools() throws Exception {
        byte[] first = archive("first.zip", 30);
        byte[] _ = archive("second.zip", 5);

        assertThat(succeed("NestedPools", "first.zip", "second.zip")).containsExactly(
                "first.zip: 30 entries, " + unpackedLength(30) + " B unpacked, 0 damaged",
                "second.zip: 5 entries, " + unpackedLength(5) + " B unpacked, 0 damaged");

        int at = new String(first, StandardCharsets.ISO_8859_1).indexOf("entry 7 entry 7");
        first[at] = 'E';
        Files.write(folder.resolve("first.zip"), first);
        ScriptRun ended = run("NestedPools", "first.zip");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.errors()).contains("damaged entries: [7.txt]");
        assertThat(ended.lines().getFirst()).isEqualTo(
                "first.zip: 30 entries, " + (unpackedLength(30) - entry(7).length)
                        + " B unpacked, 1 damaged");
    }

    private byte[] archive(String name, int entries) throws IOException {
        Path archive = folder.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (int i = 0; i < entries; i++) {
                ZipEntry entry = new ZipEntry(i + ".txt");
                CRC32 checksum = new CRC32();
                checksum.update(entry(i));
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(entry(i).length);
                entry.setCrc(checksum.getValue());
                zip.putNextEntry(entry);
                zip.write(entry(i));
            }
        }
        return Files.readAllBytes(archive);
    }

    private static byte[] entry(int number) {
        return ("entry " + number + " ").repeat(number).getBytes(StandardCharsets.UTF_8);
    }

    private static long unpackedLength(int entries) {
        return IntStream.range(0, entries).map(each -> entry(each).length).sum();
    }

    @Test
    void searchesByAQueueAndProcesses() throws Exception {
        List<String> wanted = new ArrayList<>(command("grep -rnF dictionary texts"));
        Collections.sort(wanted);
        wanted.add(wanted.size() + " lines in " + files.size() + " files");

        assertThat(succeed("QueueSearch", "texts", "dictionary")).isEqualTo(wanted);
    }

    @Test
    void fillsADictionaryByAPool() throws Exception {
        List<String> wanted = command("wc -lwc " + String.join(" ", files)).stream()
                .map(each -> each.strip().replaceAll(" +", " "))
                .toList();

        List<String> lines = succeed("FillByPool", "texts");
        assertThat(lines).containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(lines.getLast()).isEqualTo(wanted.getLast());
    }

    @Test
    void readsEachFileOnce() throws Exception {
        long sum = 0;
        for (String each : files) {
            CRC32 checksum = new CRC32();
            checksum.update(Files.readAllBytes(folder.resolve(each)));
            sum += checksum.getValue();
        }
        String line = files.size() + " files with the sum of checksums " + sum;

        assertThat(succeed("FileCache", "texts")).containsExactly(
                line, line, line,
                files.size() + " of " + 3 * files.size() + " reads were from the disk");
    }

    @Test
    void countsWordsByAPipeline() throws Exception {
        List<String> wanted = command(
                "cat " + String.join(" ", files)
                        + " | tr A-Z a-z | tr -cs a-z '\\n' | grep ... | sort | uniq -c"
                        + " | sort -k1,1nr -k2 | sed 's/^ *//'");

        List<String> lines = succeed("Pipeline", "texts", "words.txt");
        assertThat(Files.readAllLines(folder.resolve("words.txt"))).isEqualTo(wanted);
        assertThat(lines.getFirst()).isEqualTo(
                files.size() + " files, " + wanted.size()
                        + " words of three letters and more in words.txt");
        assertThat(lines.subList(1, lines.size())).isEqualTo(wanted.subList(0, 5));
    }

    @Test
    void computesPiByCheckpoints() throws Exception {
        int workers = 2;
        double pi = 0;
        double before;
        int round = 0;
        do {
            before = pi;
            double sum = 0;
            for (int worker = 0; worker < workers; worker++) {
                sum += estimate(worker, round);
            }
            pi = (pi * round + sum / workers) / (round + 1);
            round++;
        } while (Math.abs(pi - before) > 1e-4);

        assertThat(succeed("Pi", "2")).containsExactly(
                "pi is " + pi + " after " + round + " rounds of 2 workers");
    }

    private static double estimate(int worker, int round) {
        SplittableRandom random = new SplittableRandom(1_000_003L * worker + round);
        long inside = IntStream.range(0, 1_000_000)
                .mapToDouble(each -> square(random.nextDouble()) + square(random.nextDouble()))
                .filter(each -> each < 1)
                .count();
        return 4.0 * inside / 1_000_000;
    }

    private static double square(double number) {
        return number * number;
    }

    @Test
    void placesAGroupOnCpusAndGpus() throws Exception {
        List<Integer> gpus = System.current().gpuPolicies().stream()
                .map(each -> each.gpus().getFirst()).toList();
        List<String> wanted = new ArrayList<>();
        if (gpus.isEmpty()) {
            wanted.add("no GPU found: two are made up");
            gpus = List.of(0, 1);
        }
        gpus.forEach(each -> wanted.add("[trainer] GPU " + each));
        System.current().primaryNode().cpus()
                .forEach(each -> wanted.add("[loader] Cpus_allowed_list:\t" + each));

        assertThat(succeed("Placement")).containsExactlyInAnyOrderElementsOf(wanted);
    }

    @Test
    void runsTheRanksOfAnMpiProgram() throws Exception {
        String compiler = MpiIT.compiler();
        assumeTrue(!compiler.isEmpty(), "MPICH is not installed: no mpicc of it in PATH");
        Path source = Path.of("src/examples/c/hello.c").toAbsolutePath();
        assertThat(command(compiler + " -Wall -Werror -o hello '" + source + "'")).isEmpty();

        assertThat(succeed("MpiHello", "./hello", "3"))
                .containsExactlyInAnyOrder(
                        "rank 0 of 3: hello", "rank 1 of 3: hello", "rank 2 of 3: hello",
                        "sum of the ranks: 3", "ranks that ended well: 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "TwoPools", "NestedPools", "QueueSearch", "FillByPool", "FileCache", "Pipeline"})
    void failsWhereThereIsNothingToRead(String example) throws Exception {
        ScriptRun ended = run(example, "nowhere", "result");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.lines()).isEmpty();
        assertThat(ended.errors()).contains("NoSuchFileException: nowhere");
        assertThat(folder.resolve("result")).doesNotExist();
    }

    private List<String> succeed(String example, String... arguments) throws Exception {
        ScriptRun ended = run(example, arguments);
        assertThat(ended.errors()).isEqualTo("ddict: head program ended: exitCode=0\n");
        assertThat(ended.exitCode()).isZero();
        return ended.lines();
    }

    /** Runs an example among the files, and sees that nothing is left of it. */
    private ScriptRun run(String example, String... arguments) throws Exception {
        String cluster = "example-" + ProcessHandle.current().pid();
        List<String> all = new ArrayList<>(List.of("--cluster", cluster, PACKAGE + example));
        all.addAll(List.of(arguments));
        ScriptRun ended = ScriptRun.ofRun(folder, all.toArray(String[]::new));
        NothingLeft.awaitNoProcess(cluster);
        assertThat(NothingLeft.files(cluster)).isEmpty();
        return ended;
    }

    private List<String> command(String line) throws Exception {
        ScriptRun ended = ScriptRun.of(folder, List.of("sh", "-c", line));
        assertThat(ended.exitCode()).as(ended.errors()).isZero();
        return ended.lines();
    }
}
