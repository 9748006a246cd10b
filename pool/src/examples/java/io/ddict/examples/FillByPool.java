package io.ddict.examples;

import io.ddict.client.DDict;
import io.ddict.pool.WorkerPool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A pool whose workers are handed a dictionary when they begin, and then put one key for each task. The
 * program reads from the dictionary what they found: lines, words and bytes of files, as {@code wc} does.
 *
 * <p>{@code ./ddict run io.ddict.examples.FillByPool docs}
 */
final class FillByPool {
    // snippet: fill-by-pool
    private static DDict<String, long[]> counts; // of each worker, its own handle

    private static void fill(List<String> files) {
        try (DDict<String, long[]> dict = DDict.create();
                WorkerPool pool = WorkerPool.builder()
                        .workers(2)
                        .initializer(() -> counts = dict)
                        .create()) {
            long words = pool.map(files, FillByPool::count).stream().mapToLong(each -> each).sum();
            print(dict, words);
        }
    }
    // end

    private FillByPool() {}

    static void main(String[] arguments) throws IOException {
        fill(files(arguments.length > 0 ? arguments[0] : "docs"));
    }

    /** Runs in the workers: puts what it counts, and returns the number of words. */
    private static long count(String file) throws IOException {
        String text = new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8);
        long lines = text.chars().filter(each -> each == '\n').count();
        long words = text.isBlank() ? 0 : text.strip().split("\\s+").length;
        counts.put(file, new long[]{lines, words, Files.size(Path.of(file))});
        return words;
    }

    private static void print(DDict<String, long[]> dict, long words) {
        long[] total = new long[3];
        for (String file : dict.keys()) {
            long[] own = dict.getOrThrow(file);
            IO.println(own[0] + " " + own[1] + " " + own[2] + " " + file);
            for (int i = 0; i < total.length; i++) {
                total[i] += own[i];
            }
        }
        IO.println(total[0] + " " + total[1] + " " + total[2] + " total");
        if (total[1] != words) {
            throw new IllegalStateException("words put and returned differ: returned=" + words);
        }
    }

    private static List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return all.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
        }
    }
}
