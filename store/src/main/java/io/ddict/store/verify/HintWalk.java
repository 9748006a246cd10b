package io.ddict.store.verify;

import io.ddict.store.pool.HintTable;
import java.util.BitSet;

/** Walks the hints: each leads to a key, and each key is found by its hint as a reader would. */
final class HintWalk {
    private final HintTable hints;
    private final int sets;
    private final EntryWalk entries;
    private final Violations violations;
    private final BitSet unhinted = new BitSet();
    private long hintCount;

    HintWalk(HintTable hints, int sets, EntryWalk entries, Violations violations) {
        this.hints = hints;
        this.sets = sets;
        this.entries = entries;
        this.violations = violations;
    }

    /** Walks all of them. */
    void run() {
        BitSet hinted = new BitSet();
        for (int set = 0; set < sets; set++) {
            for (int way = 0; way < HintTable.WAYS; way++) {
                checkWay(set, way, hinted);
            }
        }
        for (int ordinal = 1; ordinal < entries.ordinalEnd(); ordinal++) {
            if (entries.isKey(ordinal)) {
                checkKey(ordinal);
            }
        }
    }

    long hintCount() {
        return hintCount;
    }

    /** Ordinals of the keys that readers have to ask for. */
    BitSet unhinted() {
        return unhinted;
    }

    private void checkWay(int set, int way, BitSet hinted) {
        long word = hints.way(set, way);
        int ordinal = hints.ordinal(word);
        if (way > 0 && HintTable.isPassedOn(word)) {
            violations.add("flag stands in a way that has none: " + at(set, way, word));
        }
        if (ordinal == 0) {
            if ((word & Long.MAX_VALUE) != 0) {
                violations.add("free way is not zero: " + at(set, way, word));
            }
            return;
        }
        hintCount++;
        if (!entries.isKey(ordinal)) {
            violations.add("hint refers to no key: " + at(set, way, word));
        } else if (!hints.isOfTag(word, hints.tag(entries.hash(ordinal)))) {
            violations.add("hint has not its key's tag: " + at(set, way, word));
        } else if (!hints.isGuessOf(word, entries.recordOffset(ordinal))) {
            violations.add("hint has not its key's record: " + at(set, way, word));
        } else if (hinted.get(ordinal)) {
            violations.add("key has two hints: " + at(set, way, word));
        } else {
            hinted.set(ordinal);
        }
    }

    // As a reader does it: a set without the flag ends the search.
    private void checkKey(int ordinal) {
        long tag = hints.tag(entries.hash(ordinal));
        int set = hints.set(entries.hash(ordinal));
        for (int probe = 0; probe < HintTable.SETS_PROBED; probe++) {
            if (isInSet(set, tag, ordinal)) {
                return;
            }
            if (!HintTable.isPassedOn(hints.way(set, 0))) {
                violations.add(
                        "key is not found by its hint: ordinal="
                                + ordinal
                                + ", tag=0x"
                                + Long.toHexString(tag)
                                + ", lastSet="
                                + set);
                return;
            }
            set = hints.nextSet(set);
        }
        unhinted.set(ordinal);
    }

    private boolean isInSet(int set, long tag, int ordinal) {
        for (int way = 0; way < HintTable.WAYS; way++) {
            long word = hints.way(set, way);
            if (hints.isOfTag(word, tag) && hints.ordinal(word) == ordinal) {
                return true;
            }
        }
        return false;
    }

    private static String at(int set, int way, long word) {
        return "set=" + set + ", way=" + way + ", word=0x" + Long.toHexString(word);
    }
}
