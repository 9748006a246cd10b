package io.ddict.manager.tools.demo;

import java.util.Arrays;

/** Postings as they are stored: pairs of file number and occurrences, by ascending file number. */
final class Postings {
    private Postings() {}

    /** Number of files. */
    static int files(int[] postings) {
        return postings.length / 2;
    }

    /** Occurrences in all files. */
    static long occurrences(int[] postings) {
        return occurrences(postings, postings.length);
    }

    /** Occurrences in the files of the first elements. */
    static long occurrences(int[] postings, int length) {
        long sum = 0;
        for (int i = 1; i < length; i += 2) {
            sum += postings[i];
        }
        return sum;
    }

    /** The files that are in both, each with the smaller number of occurrences. */
    static int[] intersection(int[] left, int[] right) {
        int[] common = new int[Math.min(left.length, right.length)];
        int length = 0;
        int l = 0;
        int r = 0;
        while (l < left.length && r < right.length) {
            if (left[l] < right[r]) {
                l += 2;
            } else if (left[l] > right[r]) {
                r += 2;
            } else {
                common[length++] = left[l];
                common[length++] = Math.min(left[l + 1], right[r + 1]);
                l += 2;
                r += 2;
            }
        }
        return Arrays.copyOf(common, length);
    }
}
