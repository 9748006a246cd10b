package io.ddict.manager.cluster;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/*
 * One step at a time. A new peer is taken in before an old one goes, where possible in the same step, and
 * never so many new ones that they alone could be a majority: that is refused by Ratis, as they may not yet
 * have heard who leads.
 */

/** Decides who keeps the log. */
final class PeerChooser {
    private PeerChooser() {}

    /**
     * The peers after the next step; the present ones if all is well.
     *
     * @param current numbers of the peers
     * @param living numbers of the living members in the order in which they joined
     * @param leader the one that decides; it stays as long as it lives
     * @param count how many peers there are to be
     */
    static Set<Integer> next(Set<Integer> current, List<Integer> living, int leader, int count) {
        Set<Integer> wanted = wanted(current, living, leader, count);
        Set<Integer> next = new LinkedHashSet<>(current);
        next.retainAll(wanted);
        List<Integer> missing = new ArrayList<>(wanted);
        missing.removeAll(current);
        if (missing.isEmpty()) {
            return next.isEmpty() ? current : next;
        }
        if (next.size() < 2) {
            // A single peer takes in a second one; whoever is to go does so in the next step.
            next = new LinkedHashSet<>(current);
        }
        next.add(missing.getFirst());
        return next;
    }

    private static Set<Integer> wanted(
            Set<Integer> current, List<Integer> living, int leader, int count) {
        Set<Integer> wanted = new LinkedHashSet<>();
        if (living.contains(leader)) {
            wanted.add(leader);
        }
        addUpTo(count, wanted, living.stream().filter(current::contains).toList());
        addUpTo(count, wanted, living);
        return wanted;
    }

    private static void addUpTo(int count, Set<Integer> wanted, List<Integer> numbers) {
        for (int each : numbers) {
            if (wanted.size() < count) {
                wanted.add(each);
            }
        }
    }
}
