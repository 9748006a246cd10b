package io.ddict.manager.serving;

import io.ddict.store.HeldCheckpoints;
import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntHashSet;

/*
 * Where a checkpoint retires only when its writers have gone on: who wrote at each. A client tells in its
 * link where it is; one that ended is waited for no longer. Nothing of this outlives the manager, as its
 * clients do not either.
 */

/** Who wrote at each checkpoint held. Owned by the agent's thread. */
final class Writers {
    private final HeldCheckpoints checkpoints;
    private final Int2ObjectHashMap<Link> links;
    // By checkpoint, the oldest first.
    private final Deque<IntHashSet> linksOf = new ArrayDeque<>();
    private long first;

    Writers(HeldCheckpoints checkpoints, Int2ObjectHashMap<Link> links) {
        this.checkpoints = checkpoints;
        this.links = links;
        this.first = checkpoints.oldest();
    }

    /** Notes that a client wrote at a checkpoint; one that went does not count. */
    void wrote(int link, long checkpoint) {
        forgetRetired();
        if (checkpoint < first) {
            return;
        }
        while (first + linksOf.size() <= checkpoint) {
            linksOf.addLast(new IntHashSet());
        }
        long number = first;
        for (IntHashSet each : linksOf) {
            if (number++ == checkpoint) {
                each.add(link);
            }
        }
    }

    /** Whether all who wrote at the oldest checkpoint have gone on, or ended. */
    boolean haveLeftOldest() {
        forgetRetired();
        IntHashSet oldest = linksOf.peekFirst();
        if (oldest == null) {
            return true;
        }
        for (IntHashSet.IntIterator each = oldest.iterator(); each.hasNext();) {
            Link link = links.get(each.nextValue());
            if (link != null && link.checkpoint() <= first) {
                return false;
            }
        }
        return true;
    }

    private void forgetRetired() {
        while (first < checkpoints.oldest()) {
            linksOf.pollFirst();
            first++;
        }
    }
}
