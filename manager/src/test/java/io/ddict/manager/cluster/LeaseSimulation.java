package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Nodes with clocks that drift, which are stopped for seconds; messages that are late, lost, doubled, cut off
 * for a while. Leases, their book and the state machine are the real ones. The log is a model: terms and
 * votes go by messages, an entry is there once a majority has taken it in its term, and one that a leader
 * could not finish is kept by a later leader, or lost, by the toss of a coin.
 *
 * What must hold, in real time: when a death is agreed upon, that member does not believe in its lease, and
 * does not again before it is agreed upon that it has come back.
 */

/** Leases and deaths under random schedules, in one thread. */
final class LeaseSimulation {
    /** What can be left out, to see that it is needed. */
    enum Guard {
        /** A beat is answered only after a majority knows of no later term. */
        TERM_CHECK,
        /** A death is void in another term than that of the verdict. */
        TERM_OF_DEATH,
        /** The condemned get no answer. */
        CONDEMNED,
        /** A verdict is on one life, and none on one that began when the member came back. */
        LIFE_OF_DEATH,
        /** A lease counts from before the beat was sent, not from when its answer came. */
        COUNT_FROM_SENDING
    }

    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final Duration MARGIN = Duration.ofMillis(300);
    private static final long HEARTBEAT_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long END_NS = TimeUnit.SECONDS.toNanos(60);
    private static final double DRIFT_MAX = 0.01;
    private static final int PEERS = 3;

    private final Random random;
    private final Set<Guard> guards;
    private final PriorityQueue<Event> queue =
            new PriorityQueue<>(
                    Comparator.comparingLong(Event::atNs).thenComparingLong(Event::order));
    private final List<Node> nodes = new ArrayList<>();
    private final List<Entry> log = new ArrayList<>();
    private final List<Entry> unfinished = new ArrayList<>();
    private final Set<Long> cutPairs = new HashSet<>();
    private long nowNs;
    private long events;
    private int deaths;
    private int returns;
    private int agreed;
    private int grants;
    private int elections;
    private @Nullable String violation;

    private record Event(long atNs, long order, Node node, Runnable action) {}

    /** An entry on its way into the log. */
    private static final class Entry {
        final long term;
        final byte @Nullable [] command;
        final Set<Integer> takenBy = new HashSet<>();
        boolean isLost;

        Entry(long term, byte @Nullable [] command) {
            this.term = term;
            this.command = command;
        }
    }

    LeaseSimulation(long seed, Set<Guard> missing) {
        this.random = new Random(seed);
        this.guards = EnumSet.complementOf(
                missing.isEmpty() ? EnumSet.noneOf(Guard.class) : EnumSet.copyOf(missing));
        int count = PEERS + random.nextInt(3);
        for (int number = 1; number <= count; number++) {
            nodes.add(new Node(number));
            Command join =
                    new Command.Join(
                            new UUID(seed, number), "n", new NodeAddress("n", number), number);
            log.add(new Entry(0, Fields.bytes(join::write)));
        }
    }

    /** Runs to the end; null, or what went wrong. */
    @Nullable String run() {
        nodes.forEach(Node::start);
        at(nodes.getFirst(), 0, this::disturb);
        while (violation == null && !queue.isEmpty()) {
            Event next = queue.remove();
            if (next.atNs() > END_NS) {
                break;
            }
            nowNs = next.atNs();
            if (nowNs < next.node().stoppedUntilNs) {
                at(next.node(), next.node().stoppedUntilNs - nowNs, next.action());
            } else {
                next.action().run();
            }
        }
        return violation;
    }

    int deaths() {
        return deaths;
    }

    int returns() {
        return returns;
    }

    int grants() {
        return grants;
    }

    int elections() {
        return elections;
    }

    private void at(Node node, long delayNs, Runnable action) {
        queue.add(new Event(nowNs + delayNs, events++, node, action));
    }

    // Stops, cuts and heals, at random; not itself subject to them.
    private void disturb() {
        Node any = nodes.get(random.nextInt(nodes.size()));
        Node other = nodes.get(random.nextInt(nodes.size()));
        switch (random.nextInt(6)) {
            case 0 -> any.stoppedUntilNs = nowNs + millis(random.nextInt(8_000));
            case 1 -> any.stoppedUntilNs = nowNs + millis(random.nextInt(500));
            case 2, 3 -> cutPairs.add(pair(any, other));
            default -> cutPairs.clear();
        }
        queue.add(
                new Event(
                        nowNs + millis(100 + random.nextInt(3_000)), events++, new Node(0),
                        this::disturb));
    }

    private static long millis(long count) {
        return TimeUnit.MILLISECONDS.toNanos(count);
    }

    private static long pair(Node a, Node b) {
        return Math.min(a.number, b.number) * 100L + Math.max(a.number, b.number);
    }

    private void send(Node from, Node to, Runnable action) {
        if (from == to) {
            at(to, 0, action);
            return;
        }
        int copies = random.nextInt(50) == 0 ? 2 : random.nextInt(20) == 0 ? 0 : 1;
        for (int i = 0; i < copies; i++) {
            long delayNs =
                    random.nextInt(30) == 0
                            ? millis(random.nextInt(4_000))
                            : TimeUnit.MICROSECONDS.toNanos(50 + random.nextInt(20_000));
            if (!cutPairs.contains(pair(from, to))) {
                at(to, delayNs, action);
            }
        }
    }

    private List<Node> peers() {
        return nodes.subList(0, PEERS);
    }

    /** Asks all peers, and acts once when more than half have agreed. */
    private void majority(Node from, Question question, Runnable then) {
        Set<Integer> agreed = new HashSet<>();
        for (Node peer : peers()) {
            send(from, peer, () -> {
                if (question.isAgreedBy(peer)) {
                    send(peer, from, () -> {
                        if (agreed.add(peer.number) && agreed.size() == PEERS / 2 + 1) {
                            then.run();
                        }
                    });
                }
            });
        }
    }

    private interface Question {
        boolean isAgreedBy(Node peer);
    }

    /** A node service; the first ones are peers. */
    private final class Node {
        final int number;
        final double rate = 1 + (random.nextDouble() * 2 - 1) * DRIFT_MAX;
        final long offsetNs = random.nextLong(millis(100_000));
        final LeaseHolder lease = new LeaseHolder(LEASE);
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        final ClusterMachine machine = new ClusterMachine(state -> {});
        long stoppedUntilNs;
        long term;
        long leads;
        long ledTerm;
        int applied;
        boolean isMarking;
        boolean isBuried;
        long sequence;

        Node(int number) {
            this.number = number;
        }

        long clockNs() {
            return offsetNs + (long) (nowNs * rate);
        }

        void start() {
            every(HEARTBEAT_NS, this::beat);
            if (number <= PEERS) {
                every(HEARTBEAT_NS / 4, this::look);
                at(this, millis(random.nextInt(2_000)), this::electionTimer);
            }
        }

        void every(long intervalNs, Runnable action) {
            at(this, intervalNs, () -> {
                action.run();
                every(intervalNs, action);
            });
        }

        void electionTimer() {
            boolean isLed = peers().stream().anyMatch(each -> each.ledTerm() != 0);
            if (ledTerm() == 0 && (!isLed || random.nextInt(8) == 0)) {
                campaign();
            }
            at(this, millis(500 + random.nextInt(1_000)), this::electionTimer);
        }

        void campaign() {
            long wanted = ++term;
            leads = 0;
            majority(
                    this, voter -> {
                        boolean isNew = voter == this || voter.term < wanted;
                        voter.term = Math.max(voter.term, wanted);
                        return isNew;
                    }, () -> elected(wanted));
        }

        void elected(long wanted) {
            if (term != wanted) {
                return;
            }
            elections++;
            leads = wanted;
            ledTerm = 0;
            isMarking = false;
            inherit(wanted);
        }

        // What a majority took is there; what others have committed over is gone; else it depends on the
        // voters.
        private void inherit(long wanted) {
            long newest = log.stream().mapToLong(each -> each.term).max().orElse(0);
            for (Entry each : List.copyOf(unfinished)) {
                if (each.term < wanted) {
                    unfinished.remove(each);
                    boolean isTaken = each.takenBy.size() > PEERS / 2 || random.nextBoolean();
                    each.isLost = each.term < newest || !isTaken;
                    if (!each.isLost) {
                        log.add(each);
                    }
                }
            }
        }

        long ledTerm() {
            return ledTerm != 0 && ledTerm == term && leads == term ? ledTerm : 0;
        }

        // What a leader does unasked.
        void look() {
            if (leads == term && leads != 0 && ledTerm != term && !isMarking) {
                isMarking = true;
                long marked = term;
                append(null, () -> ledTerm = marked);
            }
            long current = ledTerm();
            if (current == 0) {
                return;
            }
            keeper.lead(current);
            List<Member.Life> living = machine.state().living().stream().map(Member::life).toList();
            List<Member.Life> condemned = keeper.condemn(current, living, clockNs());
            for (Member.Life dead : condemned) {
                at(this, millis(random.nextInt(200)), () -> bury(dead, current));
            }
            if (!condemned.isEmpty() && !guards.contains(Guard.CONDEMNED)) {
                keeper = new LeaseKeeper(LEASE, MARGIN);
            }
        }

        void bury(Member.Life dead, long verdict) {
            if (ledTerm() == 0) {
                return;
            }
            long named = guards.contains(Guard.TERM_OF_DEATH) ? verdict : ledTerm();
            Member.Life life = guards.contains(Guard.LIFE_OF_DEATH)
                    ? dead
                    : machine.state().member(dead.number()).orElseThrow().life();
            append(Fields.bytes(new Command.Die(life, named)::write), () -> {});
        }

        void append(byte @Nullable [] command, Runnable then) {
            long appended = term;
            Entry entry = new Entry(appended, command);
            unfinished.add(entry);
            majority(
                    this, peer -> {
                        boolean isTaken = peer.term <= appended;
                        if (isTaken) {
                            peer.term = appended;
                            entry.takenBy.add(peer.number);
                        }
                        return isTaken;
                    }, () -> {
                        if (unfinished.remove(entry) && !entry.isLost && term == appended) {
                            log.add(entry);
                            catchUp();
                            then.run();
                        }
                    });
        }

        void catchUp() {
            while (applied < log.size()) {
                apply(log.get(applied), applied >= agreed);
                applied++;
                agreed = Math.max(agreed, applied);
            }
        }

        void apply(Entry entry, boolean isFirst) {
            if (entry.command == null) {
                return;
            }
            ClusterState before = machine.state();
            try {
                machine.apply(entry.term, entry.command);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (isFirst) {
                compare(before, machine.state());
            }
        }

        private void compare(ClusterState before, ClusterState after) {
            for (Member each : before.members()) {
                Node node = nodes.get(each.number() - 1);
                node.isBuried = !after.isAlive(each.number());
                if (each.isAlive() && node.isBuried) {
                    deaths++;
                    checkDead(node);
                } else if (!each.isAlive() && !node.isBuried) {
                    returns++;
                }
            }
        }

        void beat() {
            long sentNs = clockNs();
            Node to = believedLeader();
            send(this, to, () -> to.receiveBeat(this, sentNs));
        }

        // Whoever has led last by what this node may know; often one that was deposed.
        Node believedLeader() {
            List<Node> leading = peers().stream().filter(each -> each.ledTerm() != 0).toList();
            return leading.isEmpty() || random.nextInt(20) == 0
                    ? nodes.get(random.nextInt(PEERS))
                    : leading.get(random.nextInt(leading.size()));
        }

        void receiveBeat(Node member, long sentNs) {
            long received = ledTerm();
            long receivedNs = clockNs();
            if (received == 0) {
                return;
            }
            if (guards.contains(Guard.TERM_CHECK)) {
                majority(
                        this, peer -> peer.term <= received,
                        () -> answerBeat(member, sentNs, received, receivedNs));
            } else {
                answerBeat(member, sentNs, received, receivedNs);
            }
        }

        void answerBeat(Node member, long sentNs, long received, long receivedNs) {
            if (ledTerm() != received) {
                return;
            }
            if (!machine.state().isAlive(member.number)) {
                send(this, member, member::comeBack);
                return;
            }
            keeper.lead(received);
            Member.Life life = machine.state().member(member.number).orElseThrow().life();
            if (keeper.grant(life, received, receivedNs)) {
                grants++;
                send(this, member, () -> member.granted(sentNs));
            }
        }

        void comeBack() {
            Command.Origin origin = new Command.Origin(number, ++sequence);
            Node to = believedLeader();
            send(this, to, () -> {
                if (to.ledTerm() != 0) {
                    to.append(Fields.bytes(new Command.Return(origin)::write), () -> {});
                }
            });
        }

        void granted(long sentNs) {
            lease.granted(guards.contains(Guard.COUNT_FROM_SENDING) ? sentNs : clockNs());
            if (isBuried) {
                checkDead(this);
            }
        }
    }

    private void checkDead(Node member) {
        if (member.lease.holds(member.clockNs())) {
            violation =
                    "member is dead and believes in its lease: member="
                            + member.number
                            + ", at="
                            + TimeUnit.NANOSECONDS.toMillis(nowNs)
                            + "ms";
        }
    }
}
