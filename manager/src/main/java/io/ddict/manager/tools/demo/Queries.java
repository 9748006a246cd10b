package io.ddict.manager.tools.demo;

import io.ddict.manager.tools.demo.DemoReport.Answer;
import io.ddict.manager.tools.demo.DemoReport.Hit;
import io.ddict.manager.tools.demo.DemoReport.Word;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Answers questions from the index, as any client of the dictionary could. */
final class Queries {
    /** How many of the most frequent words are told. */
    static final int MOST_FREQUENT_COUNT = 20;

    private static final int HITS_PER_ANSWER = 3;

    private final Workspace workspace;
    private long files;
    private long bytes;
    private long exchangeNs;

    Queries(Workspace workspace) {
        this.workspace = workspace;
    }

    /** What was read for all questions so far: files found, and bytes of postings. */
    StageReport report() {
        return new StageReport(files, bytes, exchangeNs, 0);
    }

    /** The words that occur most often. Each partition's are known, so few postings are read. */
    List<Word> mostFrequent() {
        List<Word> words = new ArrayList<>();
        for (int partition = 0; partition < workspace.plan().partitions(); partition++) {
            for (String word : workspace.mostFrequent(partition)) {
                int[] postings = postings(word);
                words.add(new Word(
                        word, Postings.occurrences(postings), Postings.files(postings)));
            }
        }
        return words.stream()
                .sorted(Comparator.comparingLong(Word::occurrences)
                        .reversed()
                        .thenComparing(Word::word))
                .limit(MOST_FREQUENT_COUNT)
                .toList();
    }

    /** The files that contain both words, those with most occurrences of the rarer one first. */
    Answer filesWithBoth(String left, String right) {
        long startNs = System.nanoTime();
        int[] common = Postings.intersection(postings(left), postings(right));
        long elapsedNs = System.nanoTime() - startNs;
        files += Postings.files(common);
        List<Hit> hits = new ArrayList<>();
        for (int i = 0; i < common.length; i += 2) {
            hits.add(new Hit(workspace.path(common[i]), common[i + 1]));
        }
        hits.sort(Comparator.comparingInt(Hit::occurrences).reversed().thenComparing(Hit::path));
        return new Answer(List.of(left, right), Postings.files(common), elapsedNs,
                hits.stream().limit(HITS_PER_ANSWER).toList());
    }

    private int[] postings(String word) {
        long startNs = System.nanoTime();
        int[] postings = workspace.postings(word);
        exchangeNs += System.nanoTime() - startNs;
        bytes += (long) postings.length * Integer.BYTES;
        return postings;
    }
}
