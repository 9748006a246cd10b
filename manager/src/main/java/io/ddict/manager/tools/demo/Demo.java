package io.ddict.manager.tools.demo;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.manager.tools.demo.DemoReport.Answer;
import io.ddict.manager.tools.demo.DemoReport.StageFigures;
import io.ddict.manager.tools.demo.DemoReport.Word;
import io.ddict.manager.tools.demo.Source.SourceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs the stages one after the other, each in processes of its own, over a dictionary on all nodes. */
public final class Demo {
    // A file is one value, read as a whole by processes with an ordinary heap.
    private static final long FILE_LENGTH_MAX = ByteSize.mib(256).bytes();

    private final Settings settings;
    private final Progress progress;

    /**
     * What a user may choose.
     *
     * @param source folder or zip archive
     * @param processes processes of each stage on each node, 1 or more
     * @param managers managers of the dictionary on each node, 1 or more
     * @param memory of the dictionary; null for what the files are likely to need
     * @param queries pairs of words; empty for pairs of frequent ones
     */
    public record Settings(
            Path source,
            int processes,
            int managers,
            @Nullable ByteSize memory,
            List<List<String>> queries) {
        /** Checks the ranges. */
        public Settings {
            if (processes < 1 || processes > 256) {
                throw new IllegalArgumentException(
                        "processes is not in 1..256: processes=" + processes);
            }
            for (List<String> query : queries) {
                if (query.size() != 2) {
                    throw new IllegalArgumentException(
                            "query is not two words: query=" + String.join(" ", query));
                }
            }
        }
    }

    /** Prepares a run. */
    public Demo(Settings settings, Progress progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** The sources of the JDK that runs this. */
    public static Path sourceOfJdk() {
        return Source.ofJdk();
    }

    /**
     * Does it all, and gives everything back: at its end no process and no memory is left.
     *
     * @throws IllegalArgumentException if there are no files, or the dictionary cannot be like this
     * @throws IOException if the files cannot be listed, or a process not started
     * @throws StageFailedException if a process failed, whatever for; it has what the process said
     */
    public DemoReport run() throws IOException, InterruptedException {
        List<SourceFile> all = list(settings.source());
        List<SourceFile> files =
                all.stream().filter(file -> file.length() <= FILE_LENGTH_MAX).toList();
        long bytes = files.stream().mapToLong(SourceFile::length).sum();
        if (files.isEmpty()) {
            throw new IllegalArgumentException("no files to read: source=" + settings.source());
        }
        StageNodes nodes = StageNodes.all();
        int processes = settings.processes() * nodes.count();
        DDictConfig config = config(bytes, nodes.count());
        try (DDict<String, Object> dictionary = DDict.create(config);
                Destruction _ = dictionary::destroy) {
            Workspace workspace = new Workspace(dictionary);
            Plan plan = Plan.of(files.size(), processes);
            workspace.publish(
                    settings.source().toAbsolutePath().toString(),
                    plan,
                    files.stream().map(SourceFile::path).toList());
            StageRunner runner = new StageRunner(dictionary, nodes, processes, progress);
            runner.run(Stage.LOAD);
            StageReport indexed = runner.run(Stage.INDEX);
            Findings findings = ask(workspace);
            return new DemoReport(
                    settings.source().toString(),
                    files.size(),
                    all.size() - files.size(),
                    bytes,
                    config.totalMemory().bytes(),
                    nodes.hosts(),
                    runner.places(),
                    Stream.concat(runner.figures().stream(), Stream.of(findings.figures()))
                            .toList(),
                    indexed.keys(),
                    findings.mostFrequent(),
                    findings.answers(),
                    dictionary.stats());
        }
    }

    @FunctionalInterface
    private interface Destruction extends AutoCloseable {
        @Override
        void close();
    }

    private record Findings(List<Word> mostFrequent, List<Answer> answers, StageFigures figures) {}

    private static List<SourceFile> list(Path path) throws IOException {
        try (Source source = Source.open(path)) {
            return source.list();
        }
    }

    private DDictConfig config(long bytes, int nodes) {
        ByteSize memory =
                settings.memory() == null ? memoryFor(bytes, nodes) : settings.memory();
        return DDictConfig.builder()
                .nodes(nodes)
                .managersPerNode(settings.managers())
                .totalMemory(memory)
                .build();
    }

    /** The files, as much again for rounding and the index, and something for small sources. */
    private ByteSize memoryFor(long bytes, int nodes) {
        return ByteSize.mib(64L * settings.managers() * nodes + Math.ceilDiv(2 * bytes, 1 << 20));
    }

    private Findings ask(Workspace workspace) {
        long startNs = System.nanoTime();
        Queries queries = new Queries(workspace);
        List<Word> mostFrequent = queries.mostFrequent();
        List<Answer> answers = new ArrayList<>();
        for (List<String> pair : settings.queries().isEmpty()
                ? pairs(mostFrequent)
                : settings.queries()) {
            answers.add(queries.filesWithBoth(pair.get(0), pair.get(1)));
        }
        return new Findings(mostFrequent, answers, StageFigures.of(
                "query", 1, System.nanoTime() - startNs, queries.report()));
    }

    /** A few pairs of words, more and less frequent ones. */
    private static List<List<String>> pairs(List<Word> words) {
        int[][] ranks = {{0, 1}, {4, 9}, {9, 19}};
        return Stream.of(ranks)
                .filter(pair -> pair[1] < words.size())
                .map(pair -> List.of(words.get(pair[0]).word(), words.get(pair[1]).word()))
                .toList();
    }
}
