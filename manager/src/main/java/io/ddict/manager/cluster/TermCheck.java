package io.ddict.manager.cluster;

import io.ddict.manager.cluster.raft.RaftNode;
import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/*
 * A leader that was cut off, or stopped for a while, does not know that there is another. It asks the peers
 * for the newest term they know: whoever votes for a later leader knows the later term before that leader
 * is elected, and two majorities have a peer in common. So if a majority knows of no later term, there was no
 * later leader when they were asked.
 *
 * One round of questions serves all who wait when it starts; who comes while it runs waits for the next.
 */

/** Tells a leader whether it still is one. */
final class TermCheck {
    /** Asks another peer for the newest term that it knows of. */
    interface Peers {
        /** Blocks until it answers, or fails within a time of its own. */
        long knownTerm(RaftPlace peer) throws IOException;
    }

    private final RaftNode raft;
    private final Peers peers;
    private @Nullable CompletableFuture<Long> waiting;
    private boolean isRunning;

    TermCheck(RaftNode raft, Peers peers) {
        this.raft = raft;
        this.peers = peers;
    }

    /**
     * The term that this peer still led after this was called, or 0. Completed by another thread, and late
     * if most peers are silent.
     */
    CompletableFuture<Long> ledTerm() {
        if (isAlone()) {
            return CompletableFuture.completedFuture(raft.ledTerm());
        }
        synchronized (this) {
            if (waiting == null) {
                waiting = new CompletableFuture<>();
            }
            if (!isRunning) {
                isRunning = true;
                startRound();
            }
            return waiting;
        }
    }

    private boolean isAlone() {
        return raft.earlierPeers().isEmpty() && raft.peers().equals(List.of(raft.self()));
    }

    private void startRound() {
        Thread.ofVirtual().name("ddict-control-check").start(this::runRounds);
    }

    private void runRounds() {
        while (true) {
            CompletableFuture<Long> round;
            synchronized (this) {
                round = waiting;
                waiting = null;
                if (round == null) {
                    isRunning = false;
                    return;
                }
            }
            round.complete(ask());
        }
    }

    private long ask() {
        long term = raft.ledTerm();
        List<RaftPlace> now = raft.peers();
        List<RaftPlace> earlier = raft.earlierPeers();
        if (term == 0) {
            return 0;
        }
        Round round = new Round(term, now, earlier);
        Set<RaftPlace> others = new HashSet<>(now);
        others.addAll(earlier);
        others.remove(raft.self());
        round.answered(raft.self(), raft.knownTerm());
        for (RaftPlace each : others) {
            Thread.ofVirtual().name("ddict-control-ask").start(() -> askOne(round, each));
        }
        round.await(others.size());
        return round.isSure() && raft.ledTerm() == term ? term : 0;
    }

    private void askOne(Round round, RaftPlace peer) {
        try {
            round.answered(peer, peers.knownTerm(peer));
        } catch (IOException e) {
            round.silent();
        }
    }

    /** Answers to one round of questions. */
    private static final class Round {
        private final long term;
        private final List<RaftPlace> now;
        private final List<RaftPlace> earlier;
        private final Set<RaftPlace> agreeing = new HashSet<>();
        private int answers;

        Round(long term, List<RaftPlace> now, List<RaftPlace> earlier) {
            this.term = term;
            this.now = now;
            this.earlier = earlier;
        }

        synchronized void answered(RaftPlace peer, long known) {
            if (known >= 0 && known <= term) {
                agreeing.add(peer);
            }
            silent();
        }

        synchronized void silent() {
            answers++;
            notifyAll();
        }

        // Ends as each question does within a time of its own; this peer's answer is one more.
        synchronized void await(int others) {
            try {
                while (!isSure() && answers < others + 1) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        synchronized boolean isSure() {
            return isMajority(now) && (earlier.isEmpty() || isMajority(earlier));
        }

        private boolean isMajority(List<RaftPlace> group) {
            return group.stream().filter(agreeing::contains).count() * 2 > group.size();
        }
    }
}
