package io.ddict.manager.tools.demo;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The same index, in one thread and by the plainest means: what the demo's is compared with. */
final class ReferenceIndex {
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_$]+");

    private final Map<String, Map<Integer, Integer>> occurrences = new TreeMap<>();

    void add(int file, byte[] text) {
        Matcher matcher = WORD.matcher(new String(text, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            String word = matcher.group();
            if (!Character.isDigit(word.charAt(0)) && word.length() <= 255) {
                occurrences.computeIfAbsent(word, _ -> new LinkedHashMap<>())
                        .merge(file, 1, Integer::sum);
            }
        }
    }

    /** Postings of all words, as the demo stores them. */
    Map<String, List<Integer>> postings() {
        Map<String, List<Integer>> postings = new TreeMap<>();
        occurrences.forEach((word, files) -> {
            List<Integer> pairs = new ArrayList<>();
            files.forEach((file, count) -> pairs.addAll(List.of(file, count)));
            postings.put(word, pairs);
        });
        return postings;
    }

    /** The words that occur most often, with their numbers. */
    List<DemoReport.Word> mostFrequent(int limit) {
        return occurrences.entrySet().stream()
                .map(entry -> new DemoReport.Word(
                        entry.getKey(),
                        entry.getValue().values().stream().mapToLong(count -> count).sum(),
                        entry.getValue().size()))
                .sorted((left, right) -> left.occurrences() == right.occurrences()
                        ? left.word().compareTo(right.word())
                        : Long.compare(right.occurrences(), left.occurrences()))
                .limit(limit)
                .toList();
    }

    /** How many files contain both words. */
    int filesWithBoth(String left, String right) {
        return (int) occurrences.getOrDefault(left, Map.of()).keySet().stream()
                .filter(occurrences.getOrDefault(right, Map.of())::containsKey)
                .count();
    }
}
