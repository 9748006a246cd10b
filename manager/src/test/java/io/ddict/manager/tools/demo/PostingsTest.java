package io.ddict.manager.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PostingsTest {
    private static final int[] NONE = {};

    @Test
    void tellsFilesAndOccurrences() {
        int[] postings = {1, 5, 4, 2};

        assertThat(Postings.files(postings)).isEqualTo(2);
        assertThat(Postings.occurrences(postings)).isEqualTo(7);
        assertThat(Postings.files(NONE)).isZero();
        assertThat(Postings.occurrences(NONE)).isZero();
    }

    @Test
    void intersectsByFileAndKeepsTheSmallerNumber() {
        int[] left = {1, 5, 4, 2, 6, 1};
        int[] right = {0, 9, 1, 3, 5, 1, 6, 8};

        assertThat(Postings.intersection(left, right)).containsExactly(1, 3, 6, 1);
        assertThat(Postings.intersection(right, left)).containsExactly(1, 3, 6, 1);
        assertThat(Postings.intersection(left, NONE)).isEmpty();
    }
}
