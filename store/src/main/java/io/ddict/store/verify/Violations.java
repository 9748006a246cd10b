package io.ddict.store.verify;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong; counts all of it and keeps the first texts. */
final class Violations {
    /** Texts kept: a damaged pool can break an invariant once per key. */
    static final int TEXTS_MAX = 1000;

    private final List<String> texts = new ArrayList<>();
    private long count;

    /** Adds one. */
    void add(String text) {
        count++;
        if (texts.size() < TEXTS_MAX) {
            texts.add(text);
        }
    }

    long count() {
        return count;
    }

    List<String> texts() {
        return texts;
    }
}
