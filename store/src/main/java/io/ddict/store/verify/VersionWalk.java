package io.ddict.store.verify;

import io.ddict.store.pool.Handle;
import io.ddict.store.pool.MappedPool;
import io.ddict.store.pool.RecordLayout;
import io.ddict.store.pool.VersionArray;
import io.ddict.store.pool.WorkingSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Walks the versions of each key: their chain, and the checkpoints they are said to be of. */
final class VersionWalk {
    private final MappedPool pool;
    private final VersionArray versions;
    private final WorkingSet rules;
    private final Violations violations;
    // By the entry of the key that was met first.
    private final Map<Integer, List<Integer>> ordinalsOfKey = new HashMap<>();
    private final Map<Integer, Integer> firstOf = new HashMap<>();
    private final List<Integer> newestOfKeys = new ArrayList<>();
    private long valueCount;

    VersionWalk(MappedPool pool, VersionArray versions, Violations violations) {
        this.pool = pool;
        this.versions = versions;
        this.rules = pool.geometry().workingSet();
        this.violations = violations;
    }

    /** Notes an entry, and another of the same key, or 0. */
    void add(int ordinal, int other) {
        int first = other == 0 ? ordinal : firstOf.getOrDefault(other, other);
        firstOf.put(ordinal, first);
        ordinalsOfKey.computeIfAbsent(first, any -> new ArrayList<>()).add(ordinal);
    }

    /** Checks the chains of all keys. */
    void run() {
        for (List<Integer> ordinals : ordinalsOfKey.values()) {
            ordinals.sort(Comparator.comparingLong(versions::from).reversed());
            checkChain(ordinals);
            int newest = ordinals.getFirst();
            newestOfKeys.add(newest);
            if (hasValueAtNewest(newest)) {
                valueCount++;
            }
        }
    }

    /** The newest version of each key. */
    List<Integer> newestOfKeys() {
        return newestOfKeys;
    }

    /** How many keys have a value at the newest checkpoint. */
    long valueCount() {
        return valueCount;
    }

    private boolean hasValueAtNewest(int ordinal) {
        boolean isMark = RecordLayout.valueTag(
                pool.data(), Handle.offset(pool.entries().handle(ordinal)))
                == RecordLayout.TAG_DELETED;
        return !isMark
                && (!rules.waitsForKeys()
                        || versions.isPersistent(ordinal)
                        || versions.from(ordinal) == pool.status().newest());
    }

    private void checkChain(List<Integer> newestFirst) {
        long next = VersionArray.NEVER;
        for (int i = 0; i < newestFirst.size(); i++) {
            int ordinal = newestFirst.get(i);
            int older = i + 1 < newestFirst.size() ? newestFirst.get(i + 1) : 0;
            if (versions.older(ordinal) != older) {
                violations.add(
                        "version leads not to the next older one: "
                                + at(ordinal)
                                + ", older="
                                + versions.older(ordinal)
                                + ", nextOlder="
                                + older);
            }
            if (versions.to(ordinal) != next) {
                violations.add(
                        "version ends not where the next one begins: "
                                + at(ordinal)
                                + ", to="
                                + versions.to(ordinal)
                                + ", next="
                                + next);
            }
            checkRange(ordinal, next);
            next = versions.from(ordinal);
        }
    }

    private void checkRange(int ordinal, long next) {
        long from = versions.from(ordinal);
        long newest = pool.status().newest();
        if (from < 0 || from > newest || from >= next) {
            violations.add(
                    "version is of no checkpoint of its own: "
                            + at(ordinal)
                            + ", next="
                            + next
                            + ", newest="
                            + newest);
        }
        if (versions.began(ordinal) < 0
                || versions.began(ordinal) > pool.entries().created(ordinal)) {
            violations.add(
                    "version began after it was created: "
                            + at(ordinal)
                            + ", began="
                            + versions.began(ordinal)
                            + ", created="
                            + pool.entries().created(ordinal));
        }
    }

    private String at(int ordinal) {
        return "ordinal=" + ordinal + ", from=" + versions.from(ordinal);
    }
}
