package io.ddict.manager.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.manager.tools.demo.Source.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both stages, in processes of their own, against the same computation in one thread. */
class StageRunnerIT {
    @TempDir
    private Path folder;

    private DDict<String, Object> dictionary;

    @AfterEach
    void destroy() {
        if (dictionary != null) {
            dictionary.destroy();
            dictionary.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "4,3"})
    void indexEqualsTheReferenceOnAFolder(int processes, int managers) throws Exception {
        RandomText.writeFolder(folder, new Random(processes), 300);

        run(folder, processes, managers);

        assertEqualsReference(folder);
    }

    @Test
    void indexEqualsTheReferenceOnSourcesOfTheJdk() throws Exception {
        assumeTrue(Files.isReadable(Source.ofJdk()), "this JDK comes without its sources");
        Path archive = folder.resolve("part.zip");
        copyPart(Source.ofJdk(), "java.base/java/util/", archive);

        run(archive, 2, 2);

        assertEqualsReference(archive);
    }

    @Test
    void leavesNoPartialIndexBehind() throws Exception {
        RandomText.writeFolder(folder, new Random(1), 40);

        run(folder, 2, 1);

        for (String key : dictionary.keys()) {
            assertThat(key).doesNotStartWith("partial/");
        }
    }

    @Test
    void showsWhyAProcessFailed() throws Exception {
        RandomText.writeFolder(folder, new Random(1), 10);
        publish(folder, 1, 1, ByteSize.mib(64));
        Files.delete(folder.resolve("one-word.txt"));

        StageFailedException failure = catchThrowableOfType(
                StageFailedException.class,
                () -> new StageRunner(dictionary, StageNodes.all(), 1, Progress.NONE)
                        .run(Stage.LOAD));

        assertThat(failure).hasMessageContaining("stage=load").hasMessageContaining("process=0");
        assertThat(failure.output()).contains("NoSuchFileException").contains("one-word.txt");
        assertThat(failure.status()).isNull();
    }

    @Test
    void tellsThatTheDictionaryWasFull() throws Exception {
        for (int file = 0; file < 8; file++) {
            Files.write(folder.resolve("file" + file), new byte[1 << 20]);
        }
        publish(folder, 2, 1, ByteSize.mib(5));

        StageFailedException failure = catchThrowableOfType(
                StageFailedException.class,
                () -> new StageRunner(dictionary, StageNodes.all(), 2, Progress.NONE)
                        .run(Stage.LOAD));

        assertThat(failure.status()).isEqualTo(DDictException.Status.FULL);
    }

    private void run(Path source, int processes, int managers) throws Exception {
        int files = publish(source, processes, managers, ByteSize.mib(128));
        List<Step> steps = new ArrayList<>();
        StageRunner runner =
                new StageRunner(dictionary, StageNodes.all(), processes, (step, done, total) -> {
                    assertThat(done).isBetween(0L, total);
                    if (done == total) {
                        steps.add(step);
                    }
                });

        StageReport loaded = runner.run(Stage.LOAD);
        StageReport indexed = runner.run(Stage.INDEX);

        // Each file was read once, and taken once.
        assertThat(loaded.files()).isEqualTo(files);
        assertThat(indexed.files()).isEqualTo(files);
        assertThat(indexed.bytes()).isEqualTo(loaded.bytes());
        assertThat(steps).containsExactly(Step.values());
        assertThat(runner.figures()).extracting(DemoReport.StageFigures::processes)
                .containsExactly(processes, processes);
    }

    private int publish(Path source, int processes, int managers, ByteSize memory)
            throws IOException {
        dictionary = DDict.create(DDictConfig.builder()
                .managersPerNode(managers)
                .totalMemory(memory)
                .build());
        List<String> paths = paths(source);
        new Workspace(dictionary)
                .publish(source.toString(), Plan.of(paths.size(), processes), paths);
        return paths.size();
    }

    private void assertEqualsReference(Path path) throws IOException {
        ReferenceIndex reference = new ReferenceIndex();
        try (Source source = Source.open(path)) {
            List<String> paths = paths(path);
            for (int file = 0; file < paths.size(); file++) {
                byte[] text = source.read(paths.get(file));
                reference.add(file, text);
                assertThat((byte[]) dictionary.get("file/" + paths.get(file))).isEqualTo(text);
            }
        }
        Map<String, List<Integer>> found = new TreeMap<>();
        for (String key : dictionary.keys()) {
            if (key.startsWith("index/")) {
                int[] postings = (int[]) dictionary.getOrThrow(key);
                found.put(key.substring("index/".length()),
                        Arrays.stream(postings).boxed().toList());
            }
        }
        Map<String, List<Integer>> expected = reference.postings();
        // Compared by keys first: a difference of whole maps of this length is past reading.
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        found.forEach(
                (word, postings) -> assertThat(postings).as(word).isEqualTo(expected.get(word)));
        Queries queries = new Queries(new Workspace(dictionary));
        assertThat(queries.mostFrequent()).isEqualTo(reference.mostFrequent(20));
        String first = reference.mostFrequent(2).getFirst().word();
        String second = reference.mostFrequent(2).getLast().word();
        assertThat(queries.filesWithBoth(first, second).files())
                .isEqualTo(reference.filesWithBoth(first, second));
    }

    private static List<String> paths(Path path) throws IOException {
        try (Source source = Source.open(path)) {
            return source.list().stream().map(SourceFile::path).toList();
        }
    }

    private static void copyPart(Path archive, String prefix, Path part) throws IOException {
        try (ZipFile from = new ZipFile(archive.toFile());
                OutputStream stream = Files.newOutputStream(part);
                ZipOutputStream to = new ZipOutputStream(stream)) {
            List<? extends ZipEntry> entries = from.stream()
                    .filter(entry -> entry.getName().startsWith(prefix) && !entry.isDirectory())
                    .toList();
            for (ZipEntry entry : entries) {
                to.putNextEntry(new ZipEntry(entry.getName()));
                try (InputStream text = from.getInputStream(entry)) {
                    text.transferTo(to);
                }
            }
        }
    }
}
