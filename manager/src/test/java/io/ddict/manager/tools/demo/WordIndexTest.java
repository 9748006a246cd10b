package io.ddict.manager.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WordIndexTest {
    @Test
    void countsTheWordsOfEachFile() {
        WordIndex index = new WordIndex();
        index.add(3, ascii("int i = i + 1;"));
        index.add(7, ascii("i++"));

        assertThat(postings(index)).containsExactly(
                Map.entry("i", List.of(3, 2, 7, 1)),
                Map.entry("int", List.of(3, 1)));
    }

    @Test
    void takesRunsThatStartWithADigitForNumbers() {
        assertThat(words("0xFF 1L x1 _1 $1 3e8")).containsExactly("$1", "_1", "x1");
    }

    @Test
    void takesBytesOutsideOfAsciiForGaps() {
        assertThat(words("na\u00efve caf\u00e9s")).containsExactly("caf", "na", "s", "ve");
    }

    @Test
    void leavesOutRunsThatAreTooLongForAWord() {
        String longest = "a".repeat(WordIndex.WORD_LENGTH_MAX);

        assertThat(words(longest + " b " + longest + "c")).containsExactly(longest, "b");
    }

    @Test
    void findsNothingInAnEmptyText() {
        assertThat(words("")).isEmpty();
        assertThat(words(" +-*/ ")).isEmpty();
    }

    @Test
    void findsAWordAtTheVeryEnd() {
        assertThat(words("end")).containsExactly("end");
    }

    @Test
    void equalsTheReferenceOnRandomTexts() {
        Random random = new Random(7);
        WordIndex index = new WordIndex();
        ReferenceIndex reference = new ReferenceIndex();
        for (int file = 0; file < 50; file++) {
            byte[] text = RandomText.bytes(random, 20_000);
            index.add(file, text);
            reference.add(file, text);
        }

        assertThat(postings(index)).isEqualTo(reference.postings());
        assertThat(index.count()).isEqualTo(reference.postings().size());
        assertThat(index.mostFrequent(20)).isEqualTo(
                reference.mostFrequent(20).stream().map(DemoReport.Word::word).toList());
    }

    @Test
    void isTheSameAfterItsPartsWereEncodedAndMerged() {
        Random random = new Random(8);
        ReferenceIndex reference = new ReferenceIndex();
        WordIndex[] merged = new WordIndex[7];
        Arrays.setAll(merged, _ -> new WordIndex());
        for (int chunk = 0; chunk < 5; chunk++) {
            WordIndex index = new WordIndex();
            for (int file = 4 * chunk; file < 4 * (chunk + 1); file++) {
                byte[] text = RandomText.bytes(random, 10_000);
                index.add(file, text);
                reference.add(file, text);
            }
            byte[][] encoded = index.encode(merged.length);
            for (int partition = 0; partition < merged.length; partition++) {
                merged[partition].merge(encoded[partition]);
            }
        }

        Map<String, List<Integer>> all = new TreeMap<>();
        for (WordIndex index : merged) {
            assertThat(index.count()).isPositive();
            all.putAll(postings(index));
        }
        assertThat(all).isEqualTo(reference.postings());
    }

    @Test
    void encodesPartitionsWithoutWordsAsNothing() {
        assertThat(new WordIndex().encode(3)).isDeepEqualTo(new byte[3][0]);
    }

    private static List<String> words(String text) {
        WordIndex index = new WordIndex();
        index.add(0, text.getBytes(StandardCharsets.UTF_8));
        return List.copyOf(postings(index).keySet());
    }

    private static Map<String, List<Integer>> postings(WordIndex index) {
        Map<String, List<Integer>> postings = new TreeMap<>();
        index.forEach((word, pairs) -> postings.put(word, Arrays.stream(pairs).boxed().toList()));
        return postings;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
