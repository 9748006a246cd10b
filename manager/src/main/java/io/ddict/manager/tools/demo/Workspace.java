package io.ddict.manager.tools.demo;

import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.ManagerPlace;
import io.ddict.manager.tools.demo.DemoReport.StagePlace;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 *  key                             value    written by
 *  source                          String   the parent: path of the folder or archive
 *  plan                            int[]    the parent: see Plan
 *  name/<file>                     String   the parent: path of each file, by its number
 *  next/<step>                     Long     all: the first unit of work that nobody has taken
 *  done/<step>                     Long     all: files or partitions done
 *  file/<path>                     byte[]   stage load: what is in the file
 *  partial/<partition>/<chunk>     byte[]   stage index, first step; taken out by its second
 *  index/<word>                    int[]    stage index, second step: postings
 *  top/<partition>                 String   the same: its most frequent words
 *  report/<stage>/<process>        long[]   each process at its end: see StageReport
 *  place/<stage>/<process>         int[]    the same: managers in place, and by TCP
 *
 * No key is written by two processes but the counters, and those by getAndAdd: nobody ever waits for
 * somebody else's write. Postings could be merged right under their words by compareAndSet instead,
 * but then every process would write the long lists of frequent words over and over, and try again
 * where two meet. Here each chunk's words are split by hash, and one process merges a partition of
 * all chunks, so that every list is written once.
 */

/** The dictionary as the stages use it: its keys, and the types of their values. */
final class Workspace implements AutoCloseable {
    /** Does one unit of work; returns how many files or partitions that were. */
    @FunctionalInterface
    interface Unit {
        int work(int number) throws IOException;
    }

    // Longest time that one process may take for its last chunk while others wait for it.
    private static final Duration STEP_TIMEOUT = Duration.ofMinutes(10);

    private final DDict<String, Object> dictionary;

    Workspace(DDict<String, Object> dictionary) {
        this.dictionary = dictionary;
    }

    static Workspace attach(String handle) {
        return new Workspace(DDict.attach(handle));
    }

    void publish(String source, Plan plan, List<String> paths) {
        for (int file = 0; file < paths.size(); file++) {
            dictionary.put("name/" + file, paths.get(file));
        }
        dictionary.put("source", source);
        dictionary.put(
                "plan", new int[]{plan.files(), plan.filesPerChunk(), plan.partitions()});
    }

    String source() {
        return (String) getOrThrow("source");
    }

    Plan plan() {
        int[] plan = (int[]) getOrThrow("plan");
        return new Plan(plan[0], plan[1], plan[2]);
    }

    String path(int file) {
        return (String) getOrThrow("name/" + file);
    }

    /** Takes units of work that nobody else has taken, one after the other, until all are. */
    void forEachUnit(Step step, int units, Unit unit) throws IOException {
        String next = "next/" + step.text();
        for (long taken = add(next, 1); taken < units; taken = add(next, 1)) {
            add("done/" + step.text(), unit.work((int) taken));
        }
    }

    /** How many files or partitions of a step are done. */
    long done(Step step) {
        return (Long) dictionary.get("done/" + step.text(), 0L);
    }

    /** Waits until that many files or partitions of a step are done, whoever does them. */
    void awaitDone(Step step, long total) {
        dictionary.awaitValue("done/" + step.text(), total, STEP_TIMEOUT);
    }

    void putFile(String path, byte[] text) {
        dictionary.put("file/" + path, text);
    }

    byte[] file(String path) {
        return (byte[]) getOrThrow("file/" + path);
    }

    void putPartial(int partition, int chunk, byte[] encoded) {
        dictionary.put(partialKey(partition, chunk), encoded);
    }

    /** Takes a chunk's words of one partition out of the dictionary. */
    byte[] takePartial(int partition, int chunk) {
        String key = partialKey(partition, chunk);
        return (byte[]) present(key, dictionary.remove(key));
    }

    void putPostings(String word, int[] postings) {
        dictionary.put("index/" + word, postings);
    }

    /** A word's postings; empty if it is in no file. */
    int[] postings(String word) {
        return (int[]) dictionary.get("index/" + word, new int[0]);
    }

    void putMostFrequent(int partition, List<String> words) {
        dictionary.put("top/" + partition, String.join(" ", words));
    }

    /** A partition's most frequent words. */
    List<String> mostFrequent(int partition) {
        String words = (String) getOrThrow("top/" + partition);
        return words.isEmpty() ? List.of() : List.of(words.split(" "));
    }

    void putReport(Stage stage, int process, StageReport report) {
        dictionary.put(reportKey(stage, process), new long[]{
            report.files(), report.bytes(), report.exchangeNs(), report.keys()});
    }

    StageReport report(Stage stage, int process) {
        long[] report = (long[]) getOrThrow(reportKey(stage, process));
        return new StageReport(report[0], report[1], report[2], report[3]);
    }

    /** Tells by what channels this process reached the managers. */
    void putPlace(Stage stage, int process) {
        int managers = dictionary.topology().size();
        int local = (int) dictionary.topology().stream().filter(ManagerPlace::isLocal).count();
        dictionary.put(placeKey(stage, process), new int[]{local, managers - local});
    }

    StagePlace place(Stage stage, int process, String host) {
        int[] managers = (int[]) getOrThrow(placeKey(stage, process));
        return new StagePlace(stage.text(), process, host, managers[0], managers[1]);
    }

    @Override
    public void close() {
        dictionary.close();
    }

    private long add(String counter, long delta) {
        return dictionary.getAndAdd(counter, delta);
    }

    private Object getOrThrow(String key) {
        return present(key, dictionary.get(key));
    }

    private static Object present(String key, @Nullable Object value) {
        if (value == null) {
            throw new DDictException(
                    DDictException.Status.DAMAGED, "key of the demo is missing: key=" + key);
        }
        return value;
    }

    private static String partialKey(int partition, int chunk) {
        return "partial/" + partition + "/" + chunk;
    }

    private static String placeKey(Stage stage, int process) {
        return "place/" + stage.text() + "/" + process;
    }

    private static String reportKey(Stage stage, int process) {
        return "report/" + stage.text() + "/" + process;
    }
}
