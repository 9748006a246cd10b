package io.ddict.store;

import java.util.Arrays;

/** Hands out ordinals of entries, those given back first. One thread. */
final class Ordinals {
    private int max;
    private int[] freed = new int[1024];
    private int freedCount;
    private int end = 1;

    Ordinals(int max) {
        this.max = max;
    }

    /** An ordinal, or 0 if all are in use. */
    int allocate() {
        if (freedCount > 0) {
            return freed[--freedCount];
        }
        return end <= max ? end++ : 0;
    }

    /** Whether the next one was never handed out before. */
    boolean isNextNew() {
        return freedCount == 0;
    }

    /** Lowers the last ordinal there is, if it is higher; those in use are below. */
    void lowerMax(int newMax) {
        max = Math.min(max, newMax);
    }

    /** Gives one back. */
    void free(int ordinal) {
        if (freedCount == freed.length) {
            freed = Arrays.copyOf(freed, 2 * freedCount);
        }
        freed[freedCount++] = ordinal;
    }

    /** Ordinals ever handed out are below this. */
    int end() {
        return end;
    }

    /** How many are left. */
    int remaining() {
        return max - (end - 1) + freedCount;
    }

    /** Recovery: everything below was handed out. */
    void startAt(int firstUnused) {
        end = firstUnused;
    }
}
