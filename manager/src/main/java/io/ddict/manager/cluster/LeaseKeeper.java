package io.ddict.manager.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/*
 * The book that a leader keeps of leases, for one term; it is in no log. Why nobody is marked dead who
 * believes that its lease holds:
 *
 *   - A beat is answered only after a majority of the peers has said, later than the beat came, that it knows
 *     of no later term (TermCheck). So a later leader was elected after the beat came, and waits for a full
 *     lease from its election.
 *   - Who was found overdue is condemned: its beats are not answered any more in this term, though the log
 *     may take its time to bury it.
 *   - The command that buries it names the term, and is void in any other (ClusterMachine): a leader that
 *     lost the lead and took it again between the verdict and the entry may have missed a grant by another.
 *   - A verdict is on one life, which began when the member joined or came back: one that has come back since
 *     is not meant.
 *   - A leader answers beats only once it has applied what earlier leaders left in the log, so it does not
 *     answer somebody who is buried there.
 *   - "A full lease" is one by the leader's clock, and a margin that is larger than two clocks drift apart
 *     meanwhile.
 */

/** Whose lease a leader takes to hold. Time is handed in; safe from any thread. */
final class LeaseKeeper {
    private static final int LOOKS_MIN = 4;

    private final long waitNs;
    private final Map<Member.Life, Long> lastBeats = new HashMap<>();
    private final Set<Member.Life> condemned = new HashSet<>();
    private long term;
    private long lastLookNs;

    /** A member is overdue when its last beat came longer ago than a lease and a margin. */
    LeaseKeeper(Duration lease, Duration margin) {
        this.waitNs = lease.toNanos() + margin.toNanos();
    }

    /** This peer leads a term; called as soon as it knows, again or not. */
    synchronized void lead(long newTerm) {
        if (newTerm != term) {
            term = newTerm;
            lastBeats.clear();
            condemned.clear();
        }
    }

    /**
     * Grants a lease for a beat.
     *
     * @param receivedTerm the term that this peer led when the beat came
     * @param receivedNs when that was
     * @return whether it is granted; if not, the beat must not be answered
     */
    synchronized boolean grant(Member.Life life, long receivedTerm, long receivedNs) {
        if (receivedTerm != term || condemned.contains(life)) {
            return false;
        }
        lastBeats.merge(life, receivedNs, (a, b) -> a - b > 0 ? a : b);
        return true;
    }

    /**
     * Condemns those of the living that are overdue; returns all of them that are condemned. Who is seen for
     * the first time in this term is taken to have beaten just now. So is everybody if this was not called
     * for long: this peer was stopped, perhaps with all others, and heard no beats.
     */
    synchronized List<Member.Life> condemn(
            long currentTerm, Iterable<Member.Life> living, long nowNs) {
        List<Member.Life> dead = new ArrayList<>();
        if (currentTerm != term) {
            return dead;
        }
        if (nowNs - lastLookNs > waitNs / LOOKS_MIN) {
            lastBeats.clear();
        }
        lastLookNs = nowNs;
        for (Member.Life life : living) {
            long last = lastBeats.computeIfAbsent(life, _ -> nowNs);
            if (condemned.contains(life) || nowNs - last > waitNs) {
                condemned.add(life);
                dead.add(life);
            }
        }
        return dead;
    }
}
