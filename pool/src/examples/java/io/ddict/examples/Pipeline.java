package io.ddict.examples;

import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.System;
import io.ddict.pool.sync.DQueue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Three stages in processes of their own, all at work at the same time: one reads files, two on each node
 * count their words, one adds up and writes the result to a file. What they exchange lies in dictionaries,
 * under the file's name; queues tell the next stage what is there, and make a stage wait that is too fast.
 *
 * <p>{@code ./ddict run io.ddict.examples.Pipeline docs words.txt}
 */
final class Pipeline {
    private static final int COUNTERS_PER_NODE = 2;
    private static final int AHEAD = 8;
    private static final String END = "";
    private static final Pattern WORD = Pattern.compile("[a-z]{3,}");

    private Pipeline() {}

    static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("usage: Pipeline FOLDER RESULT");
        }
        List<String> files = files(arguments[0]);
        Path result = Path.of(arguments[1]);
        run(files, result.toString());
        List<String> lines = Files.readAllLines(result);
        IO.println(files.size() + " files, " + lines.size() + " words of three letters and more in "
                + result);
        lines.stream().limit(5).forEach(IO::println);
    }

    // snippet: pipeline
    private static void run(List<String> files, String result) {
        int nodes = System.current().nodes().size();
        int counters = COUNTERS_PER_NODE * nodes;
        DDictConfig onAllNodes = DDictConfig.builder().nodes(nodes).build();
        DDict<String, byte[]> texts = DDict.create(onAllNodes);
        DQueue<String> read = DQueue.create(AHEAD);
        DDict<String, Map<String, Integer>> counts = DDict.create(onAllNodes);
        DQueue<String> counted = DQueue.create(AHEAD);
        try (ProcessGroup stages = ProcessGroup.builder()
                .add(1, ProcessTemplate.of(() -> read(files, texts, read, counters)))
                .add(counters, ProcessTemplate.of(() -> count(read, texts, counts, counted)))
                .add(1, ProcessTemplate.of(() -> merge(counted, counts, counters, result)))
                .build()) {
            stages.start();
            stages.join(); // throws what a stage threw, and then the others have been ended
        }
    }
    // end

    /** The first stage. */
    private static void read(
            List<String> files, DDict<String, byte[]> texts, DQueue<String> read, int counters)
            throws IOException, InterruptedException {
        for (String file : files) {
            texts.put(file, Files.readAllBytes(Path.of(file)));
            read.put(file);
        }
        for (int i = 0; i < counters; i++) {
            read.put(END);
        }
    }

    // snippet: pipeline-stage
    /** The second stage, in several processes. */
    private static void count(
            DQueue<String> read,
            DDict<String, byte[]> texts,
            DDict<String, Map<String, Integer>> counts,
            DQueue<String> counted) throws InterruptedException {
        for (String file = read.take(); !file.equals(END); file = read.take()) {
            String text = new String(texts.remove(file), StandardCharsets.UTF_8);
            Map<String, Integer> words = new HashMap<>();
            WORD.matcher(text.toLowerCase(Locale.ROOT)).results()
                    .forEach(each -> words.merge(each.group(), 1, Integer::sum));
            counts.put(file, words);
            counted.put(file);
        }
        counted.put(END);
    }
    // end

    /** The third stage. */
    private static void merge(
            DQueue<String> counted,
            DDict<String, Map<String, Integer>> counts,
            int counters,
            String result)
            throws IOException, InterruptedException {
        Map<String, Integer> total = new HashMap<>();
        for (int ended = 0; ended < counters;) {
            String file = counted.take();
            if (file.equals(END)) {
                ended++;
            } else {
                counts.remove(file).forEach((word, n) -> total.merge(word, n, Integer::sum));
            }
        }
        List<String> lines = new ArrayList<>();
        total.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(each -> lines.add(each.getValue() + " " + each.getKey()));
        Files.write(Path.of(result), lines);
    }

    private static List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return all.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
        }
    }
}
