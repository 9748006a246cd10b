package io.ddict.manager.cluster;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * Every node answers, if only with the leader and the peers that it knows of. So one that answers is enough
 * to find the leader: first the leader as known, then the peers, then some other members, as the peers may
 * have changed while this node heard nothing. Those that did not answer when they were asked last come behind
 * all others, and none is waited for until the time is over: a leader that is stopped, or cut off, refuses
 * nothing.
 */

/** Asks the leader, wherever it is. */
final class LeaderFinder {
    private static final int MEMBERS_ASKED_MAX = 16;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final ControlTransport transport;
    private final Supplier<ClusterState> state;
    private final Duration attemptTimeout;
    private final @Nullable NodeAddress entrance;
    private final Set<NodeAddress> silent = ConcurrentHashMap.newKeySet();
    private volatile View view = View.NONE;

    /**
     * Knows one way in, if this node is to join.
     *
     * @param transport calls this node too, where its own address is given
     * @param attemptTimeout how long one node is waited for
     */
    LeaderFinder(
            ControlTransport transport,
            Supplier<ClusterState> state,
            Duration attemptTimeout,
            @Nullable NodeAddress entrance) {
        this.transport = transport;
        this.state = state;
        this.attemptTimeout = attemptTimeout;
        this.entrance = entrance;
    }

    View view() {
        return view;
    }

    void heard(View news) {
        view = news;
    }

    /**
     * Asks until the leader answers. The request may have been handled by several nodes, and more than
     * once.
     *
     * @return the answer behind the reply that it is one
     * @throws DDictException with status UNAVAILABLE if no leader answers in time, or it refuses; at once
     *     if this process has not been let in yet, and the secret or a certificate is refused
     */
    Answer ask(byte[] request, Duration timeout) {
        Search search = new Search(timeout);
        do {
            Answer answer = askAll(request, search);
            if (answer != null) {
                return answer;
            }
            if (!search.isRedirected(view)) {
                LockSupport.parkNanos(Math.min(PAUSE_NS, search.leftNs()));
            }
        } while (search.leftNs() > 0 && !Thread.currentThread().isInterrupted());
        throw unavailable(search);
    }

    private @Nullable Answer askAll(byte[] request, Search search) {
        search.asked.clear();
        for (NodeAddress each : targets()) {
            if (search.leftNs() <= 0 || search.isRedirected(view)) {
                return null;
            }
            search.asked.add(each);
            try {
                Answer answer = askOne(each, request, Duration.ofNanos(search.leftNs() / 2));
                search.answering.add(each);
                silent.remove(each);
                if (answer != null) {
                    return answer;
                }
            } catch (IOException e) {
                refuseStranger(e);
                search.answering.remove(each);
                silent.add(each);
                search.last = String.valueOf(e);
            }
        }
        return null;
    }

    // Members have been let in before, and wait for what will change again.
    private void refuseStranger(IOException e) {
        if (view.peers().isEmpty() && Refusal.isLasting(e.getMessage())) {
            throw new DDictException(UNAVAILABLE, e.getMessage(), e);
        }
    }

    /** One call's way from node to node. */
    private static final class Search {
        private final long startNs = System.nanoTime();
        private final long deadlineNs;
        private final Set<NodeAddress> asked = new HashSet<>();
        private final Set<NodeAddress> answering = new HashSet<>();
        private String last = "none";

        Search(Duration timeout) {
            deadlineNs = startNs + timeout.toNanos();
        }

        long leftNs() {
            return deadlineNs - System.nanoTime();
        }

        // Somebody has told of a leader that was not asked in this round.
        boolean isRedirected(View view) {
            return !asked.isEmpty()
                    && leaderOf(view).filter(leader -> !asked.contains(leader)).isPresent();
        }
    }

    /** An answer of the leader, or that it takes this member for dead. */
    record Answer(Ask.Reply reply, DataInputStream body) {}

    private @Nullable Answer askOne(NodeAddress to, byte[] request, Duration left)
            throws IOException {
        Duration timeout = left.compareTo(attemptTimeout) < 0 ? left : attemptTimeout;
        DataInputStream in = Encoded.in(transport.call(to, request, timeout));
        Ask.Reply reply = Ask.readReply(in);
        return switch (reply) {
            case ANSWER, DEAD -> new Answer(reply, in);
            case ASK_OTHERS -> {
                take(View.read(in));
                yield null;
            }
            case REFUSED ->
                    throw new IOException(Fields.readText(in));
        };
    }

    // Somebody who knows of a leader is believed, who is then asked next, whether he was silent before or
    // not; nobody who knows of none makes us forget one.
    private void take(View other) {
        if (other.leader() != 0 || view.peers().isEmpty()) {
            view = other;
            leaderOf(other).ifPresent(silent::remove);
        }
    }

    private static Optional<NodeAddress> leaderOf(View view) {
        return view.peers().stream()
                .filter(each -> each.number() == view.leader())
                .map(RaftPlace::address)
                .findFirst();
    }

    private Set<NodeAddress> targets() {
        View now = view;
        Set<NodeAddress> targets = new LinkedHashSet<>();
        leaderOf(now).ifPresent(targets::add);
        now.peers().forEach(each -> targets.add(each.address()));
        List<Member> living = state.get().living();
        living.subList(0, Math.min(MEMBERS_ASKED_MAX, living.size()))
                .forEach(each -> targets.add(each.address()));
        if (entrance != null && targets.isEmpty()) {
            targets.add(entrance);
        }
        Set<NodeAddress> last = new LinkedHashSet<>(targets);
        last.retainAll(silent);
        targets.removeAll(last);
        targets.addAll(last);
        silent.retainAll(last);
        return targets;
    }

    private DDictException unavailable(Search search) {
        List<RaftPlace> peers = view.peers();
        long present =
                peers.stream().filter(each -> search.answering.contains(each.address())).count();
        long waitedNs = System.nanoTime() - search.startNs;
        return new DDictException(
                UNAVAILABLE,
                "control group has no leader that answers: peersAnswering="
                        + present
                        + ", peers="
                        + peers.size()
                        + ", waited="
                        + TimeUnit.NANOSECONDS.toMillis(waitedNs)
                        + "ms, last="
                        + search.last
                        + "; more than half of the peers must run and reach each other");
    }
}
