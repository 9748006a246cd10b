package io.ddict.examples;

import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.sync.DQueue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Processes that get their work by one queue and answer by another: both are given to them as any variable
 * of a lambda. They search files for a text.
 *
 * <p>{@code ./ddict run io.ddict.examples.QueueSearch docs dictionary}
 */
final class QueueSearch {
    private static final int SEARCHERS = 2;
    private static final String END = "";

    private QueueSearch() {}

    static void main(String[] arguments) throws Exception {
        String text = arguments.length > 1 ? arguments[1] : "dictionary";
        List<String> all = files(arguments.length > 0 ? arguments[0] : "docs");
        // snippet: queue-search
        DQueue<String> files = DQueue.create();
        DQueue<String> hits = DQueue.create();
        ProcessTemplate searcher = ProcessTemplate.of(() -> search(text, files, hits));
        try (ProcessGroup searchers = ProcessGroup.builder().add(SEARCHERS, searcher).build()) {
            searchers.start();
            files.addAll(all);
            files.addAll(Collections.nCopies(SEARCHERS, END)); // one for each of them
            searchers.join(Duration.ofMinutes(1));
        }
        // end
        List<String> found = new ArrayList<>();
        int count = hits.drainTo(found);
        found.stream().sorted().forEach(IO::println);
        IO.println(count + " lines in " + all.size() + " files");
    }

    /** Runs in each process. */
    private static void search(String text, DQueue<String> files, DQueue<String> hits)
            throws IOException, InterruptedException {
        for (String file = files.take(); !file.equals(END); file = files.take()) {
            String content = new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8);
            int number = 0;
            for (String line : content.lines().toList()) {
                number++;
                if (line.contains(text)) {
                    hits.put(file + ":" + number + ":" + line);
                }
            }
        }
    }

    private static List<String> files(String folder) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return all.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
        }
    }
}
