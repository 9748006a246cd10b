package io.ddict.manager.tools.demo;

import io.ddict.client.DDictStats;
import java.util.List;

/**
 * What the demo did and found.
 *
 * @param source path of the folder or archive
 * @param files files in it
 * @param filesLeftOut files that were left out for being too long
 * @param bytes length of all files together
 * @param memory bytes of the dictionary's memory
 * @param nodes hosts that it is spread over
 * @param places where processes ran, and how they reached the dictionary
 * @param stages what each stage took
 * @param words number of different words
 * @param mostFrequent the words that occur most often
 * @param answers answers to the two-word queries
 * @param statistics what the dictionary's managers counted
 */
public record DemoReport(
        String source,
        long files,
        long filesLeftOut,
        long bytes,
        long memory,
        List<String> nodes,
        List<StagePlace> places,
        List<StageFigures> stages,
        long words,
        List<Word> mostFrequent,
        List<Answer> answers,
        DDictStats statistics) {
    /**
     * What a stage took.
     *
     * @param stage its name
     * @param processes processes that did it
     * @param elapsedNs from the start of its first process to the end of its last
     * @param files files that went through it
     * @param bytes their length together; of the query stage, length of the postings it read
     * @param exchangeNs time that all its processes together spent in the dictionary's calls for them
     * @param gigabytesPerSecond bytes over elapsed time
     * @param exchangeGigabytesPerSecond bytes over exchange time: the speed that one process sees
     */
    public record StageFigures(
            String stage,
            int processes,
            long elapsedNs,
            long files,
            long bytes,
            long exchangeNs,
            double gigabytesPerSecond,
            double exchangeGigabytesPerSecond) {
        static StageFigures of(String stage, int processes, long elapsedNs, StageReport report) {
            return new StageFigures(
                    stage,
                    processes,
                    elapsedNs,
                    report.files(),
                    report.bytes(),
                    report.exchangeNs(),
                    rate(report.bytes(), elapsedNs),
                    rate(report.bytes(), report.exchangeNs()));
        }

        // Bytes per nanosecond are gigabytes per second.
        private static double rate(long bytes, long ns) {
            return ns == 0 ? 0 : bytes / (double) ns;
        }
    }

    /**
     * A process of a stage.
     *
     * @param stage its stage
     * @param process its number in that
     * @param host where it ran
     * @param local managers that it shared memory with
     * @param distant managers that it reached by TCP
     */
    public record StagePlace(String stage, int process, String host, int local, int distant) {}

    /** A word, how often it occurs, and in how many files. */
    public record Word(String word, long occurrences, int files) {}

    /** The files that contain all of some words; the first of them by name. */
    public record Answer(List<String> words, int files, long elapsedNs, List<Hit> first) {}

    /** A file, and how often it has the rarest of the words. */
    public record Hit(String path, int occurrences) {}
}
