package io.ddict.manager.cluster;

import io.ddict.manager.cluster.raft.RaftNode;
import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Brings the peers to be those that {@link PeerChooser} wants, one step at a time, on threads of its own. */
final class PeerChange implements AutoCloseable {
    // A new peer is brought up to date first; Ratis gives up on one that is silent for three attempts.
    private static final int ATTEMPTS = 6;

    private final RaftNode raft;
    private final ControlSettings settings;
    private final Starter starter;
    private @Nullable Thread step;
    private boolean isClosed;

    /** Tells members to become peers, or to be none any more. */
    interface Starter {
        /** Blocks until the member is ready to be taken in. */
        void startPeer(RaftPlace member) throws IOException;

        /** Blocks until the member has ended its part. */
        void stopPeer(RaftPlace peer) throws IOException;
    }

    PeerChange(RaftNode raft, ControlSettings settings, Starter starter) {
        this.raft = raft;
        this.settings = settings;
        this.starter = starter;
    }

    /** Starts the next step, if one is due and none goes on; does not block. For the leader only. */
    synchronized void look(ClusterState state) {
        if (isClosed || (step != null && step.isAlive()) || !raft.earlierPeers().isEmpty()) {
            return;
        }
        Map<Integer, RaftPlace> places = new LinkedHashMap<>();
        List<Integer> living = new ArrayList<>();
        for (Member each : state.living()) {
            places.put(each.number(), new RaftPlace(each.number(), each.address()));
            living.add(each.number());
        }
        List<RaftPlace> present = raft.peers();
        present.forEach(each -> places.put(each.number(), each));
        Set<Integer> current = numbers(present);
        Set<Integer> next =
                PeerChooser.next(
                        current, living, raft.self().number(), settings.peersAmong(living.size()));
        if (!next.equals(current)) {
            List<RaftPlace> wanted = next.stream().map(places::get).toList();
            step =
                    Thread.ofPlatform()
                            .daemon()
                            .name("ddict-control-peers")
                            .start(() -> change(present, wanted));
        }
    }

    private static Set<Integer> numbers(List<RaftPlace> places) {
        return Set.copyOf(places.stream().map(RaftPlace::number).toList());
    }

    // What fails is tried again at the next look, perhaps with others.
    private void change(List<RaftPlace> present, List<RaftPlace> wanted) {
        try {
            for (RaftPlace each : wanted) {
                if (!present.contains(each)) {
                    starter.startPeer(each);
                }
            }
            long timeoutMs = settings.attempt().multipliedBy(ATTEMPTS).toMillis();
            raft.changePeers(wanted).get(timeoutMs, TimeUnit.MILLISECONDS);
            for (RaftPlace each : present) {
                if (!wanted.contains(each) && !each.equals(raft.self())) {
                    starter.stopPeer(each);
                }
            }
        } catch (IOException | ExecutionException | TimeoutException e) {
            // As said above.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        if (step != null) {
            step.interrupt();
        }
    }
}
