package io.ddict.manager.cluster;

import static io.ddict.client.DDictException.Status.FULL;
import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.cluster.Ask.Kind;
import io.ddict.manager.cluster.LeaderFinder.Answer;
import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/*
 *                    beats, commands, questions
 *   member 4 ─────────────────────────────────────▶ member 1: peer, leads ◀──▶ member 2: peer
 *            ◀───────────────────────────────────── state, who leads       ◀──▶ member 3: peer
 *
 * The first node of a cluster founds the group; it is member 1, and its only peer. Others join by any member.
 * The leader chooses peers among the members and tells them; a node that never becomes a peer never loads
 * Ratis. Every node finds the leader by asking (LeaderFinder), beats to it from a thread of its own, and
 * learns the newest state from the answers.
 *
 * A member that nothing was heard of for a lease is dead to the others: what it alone holds cannot be
 * reached, its dictionaries' names are free once all their seats are dead, and other members may be peers in
 * its place. If it was only cut off, or stopped, it learns that by the answer to its next beat, and comes
 * back by a command, with all that nobody has taken from it meanwhile.
 *
 * Nothing here is restored after the end of all nodes: their data was in memory too. A node that is
 * started again joins as a new member, so no peer ever comes back without its log.
 */

/** This node's part in what all nodes of its cluster agree on. */
public final class ControlGroup implements AutoCloseable {
    private static final Duration FOUND_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(3);
    private static final long LEAVE_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int FOUNDER = 1;

    // A beat that fails is soon tried again, and one is given up while two more fit into the lease.
    private static final int HURRY = 5;
    private static final int BEATS_IN_LEASE = 3;

    private final Joined joined;
    private final LeaderFinder finder;
    private final Newest newest;
    private final PeerSeat seat;
    private final LeaseHolder lease;
    private final Thread beats;
    private final ReentrantLock commanding = new ReentrantLock();
    private long sequence;
    private volatile @Nullable Duties duties;
    private volatile boolean isClosed;

    /** What a member is told when it joins. */
    private record Joined(int number, UUID group, ControlSettings settings) {}

    private ControlGroup(Joined joined, Newest newest, PeerSeat seat, LeaderFinder finder) {
        this.joined = joined;
        this.newest = newest;
        this.seat = seat;
        this.finder = finder;
        this.lease = new LeaseHolder(joined.settings().lease());
        this.beats = Thread.ofPlatform().daemon().name("ddict-control-beat").unstarted(this::beat);
    }

    /**
     * Makes the control group of a new cluster, and its first member, which holds its lease when this
     * returns. Blocks for at most 20 s, usually for less than one.
     *
     * @throws DDictException with status UNAVAILABLE if the directory cannot be used
     */
    public static ControlGroup found(
            ControlMember self, ControlSettings settings, ControlTransport transport) {
        UUID group = UUID.randomUUID();
        Newest newest = new Newest();
        RaftPlace place = new RaftPlace(FOUNDER, self.address());
        PeerSeat seat = new PeerSeat(place, group, settings, transport, newest);
        try {
            seat.found();
            LeaderFinder finder = finder(self, settings, transport, newest, seat, self.address());
            Joined joined = enter(self, settings, newest, finder, FOUND_TIMEOUT);
            return started(new ControlGroup(joined, newest, seat, finder), FOUND_TIMEOUT);
        } catch (RuntimeException e) {
            seat.close();
            newest.close();
            throw e;
        }
    }

    /**
     * Joins a cluster as a new member, which holds its lease when this returns. Blocks for at most twice
     * the timeout.
     *
     * @param settings the directory is this node's; all else is taken over from the group
     * @param any the address of any member
     * @throws DDictException with status UNAVAILABLE if the group cannot be reached in time, or is full
     */
    public static ControlGroup join(
            ControlMember self,
            ControlSettings settings,
            NodeAddress any,
            ControlTransport transport,
            Duration timeout) {
        Newest newest = new Newest();
        try {
            LeaderFinder entering = finder(self, settings, transport, newest, null, any);
            Joined joined = enter(self, settings, newest, entering, timeout);
            RaftPlace place = new RaftPlace(joined.number(), self.address());
            PeerSeat seat =
                    new PeerSeat(place, joined.group(), joined.settings(), transport, newest);
            LeaderFinder finder =
                    finder(self, joined.settings(), transport, newest, seat, null);
            finder.heard(entering.view());
            return started(new ControlGroup(joined, newest, seat, finder), timeout);
        } catch (RuntimeException e) {
            newest.close();
            throw e;
        }
    }

    private static LeaderFinder finder(
            ControlMember self,
            ControlSettings settings,
            ControlTransport transport,
            Newest newest,
            @Nullable PeerSeat seat,
            @Nullable NodeAddress entrance) {
        ControlTransport local =
                (to, request, timeout) -> {
                    Peer peer = seat == null ? null : seat.peer();
                    return peer == null
                            ? Peer.refused("this node is no peer")
                            : handle(peer, Ask.decode(request));
                };
        return new LeaderFinder(
                (to, request, timeout) -> (to.equals(self.address()) ? local : transport)
                        .call(to, request, timeout),
                newest::state, settings.attempt(), entrance);
    }

    private static Joined enter(
            ControlMember self,
            ControlSettings settings,
            Newest newest,
            LeaderFinder finder,
            Duration timeout) {
        Command join =
                new Command.Join(
                        UUID.randomUUID(), self.host(), self.address(), self.processId());
        byte[] request =
                Ask.encode(
                        Kind.COMMAND, Ask.NO_GROUP, Fields.bytes(out -> {
                            out.writeLong(newest.state().version());
                            join.write(out);
                        }));
        try {
            DataInputStream in = finder.ask(request, timeout).body();
            Outcome outcome = Outcome.read(in);
            if (!outcome.isDone()) {
                throw new DDictException(
                        UNAVAILABLE,
                        "cluster does not take this node: " + outcome.text());
            }
            UUID group = new UUID(in.readLong(), in.readLong());
            ControlSettings agreed = settings.read(in);
            newest.offer(Update.read(in));
            finder.heard(View.read(in));
            return new Joined((int) outcome.value(), group, agreed);
        } catch (IOException e) {
            throw garbled(e);
        }
    }

    private static ControlGroup started(ControlGroup made, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (!made.beatOnce() && System.nanoTime() < deadlineNs
                && !Thread.currentThread().isInterrupted()) {
            made.parkUntil(
                    System.nanoTime() + made.joined.settings().heartbeat().toNanos() / HURRY);
        }
        if (!made.holdsLease()) {
            throw new DDictException(
                    UNAVAILABLE,
                    "member got no lease: member="
                            + made.number()
                            + ", timeout="
                            + timeout.toMillis()
                            + "ms, interrupted="
                            + Thread.currentThread().isInterrupted()
                            + "; the others will take it for dead");
        }
        made.beats.start();
        return made;
    }

    private static DDictException garbled(IOException e) {
        return new DDictException(
                UNAVAILABLE,
                "reply of the control group makes no sense; all nodes of a cluster must run the same"
                        + " release",
                e);
    }

    /** This member's number. */
    public int number() {
        return joined.number();
    }

    /** Numbers of the members that keep the log, as far as this node knows; asks nobody. */
    public List<Integer> peers() {
        return finder.view().peers().stream().map(RaftPlace::number).toList();
    }

    /** Number of the member that leads, as far as this node knows; 0 if it knows of none. */
    public int leader() {
        return finder.view().leader();
    }

    /** The newest state that this node knows, at most a heartbeat behind; asks nobody. */
    public ClusterState state() {
        return newest.state();
    }

    /**
     * The state as of now: with all that was done, by whomever, before this call.
     *
     * @throws DDictException with status UNAVAILABLE if no leader answers in time
     */
    public ClusterState refreshed(Duration timeout) {
        byte[] request =
                Ask.encode(
                        Kind.STATE, joined.group(), Ask.longs(newest.state().version()));
        try {
            hear(finder.ask(request, timeout).body());
            return newest.state();
        } catch (IOException e) {
            throw garbled(e);
        }
    }

    private void hear(DataInputStream in) throws IOException {
        newest.offer(Update.read(in));
        finder.heard(View.read(in));
    }

    /**
     * Calls the listener with the state whenever it has changed, by one thread for all listeners; it may
     * miss some versions, never the newest.
     */
    public void onChange(Consumer<ClusterState> listener) {
        newest.listen(listener);
    }

    /**
     * Registers a dictionary. Blocks until the group has agreed on it.
     *
     * @param seats for each manager the number of the member that holds it
     * @param properties at most 16 KiB
     * @return what was registered, with its epoch
     * @throws IllegalArgumentException if a living dictionary has the name
     * @throws DDictException with status UNAVAILABLE if no leader answers in time, and then it may have
     *     been registered or not; if a seat is not alive, or this member is not; with status FULL if a limit
     *     is reached
     */
    public Listing claim(String name, List<Integer> seats, byte[] properties, Duration timeout) {
        Listing wanted = new Listing(name, seats, 0, properties.clone());
        Outcome outcome = command(origin -> new Command.Claim(origin, wanted), timeout);
        return switch (outcome.code()) {
            case DONE -> new Listing(name, seats, outcome.value(), wanted.properties());
            case NAME_TAKEN ->
                    throw new IllegalArgumentException(
                            "a dictionary of this name exists: " + outcome.text());
            case FULL ->
                    throw new DDictException(
                            FULL, "dictionary cannot be registered: " + outcome.text());
            case SEAT_DEAD ->
                    throw new DDictException(
                            UNAVAILABLE, "dictionary's seat is not alive: " + outcome.text());
            default -> throw unexpected(outcome);
        };
    }

    /**
     * Frees a dictionary's name; that there is none of the name is as good. Blocks until the group has
     * agreed on it.
     *
     * @throws DDictException with status UNAVAILABLE if no leader answers in time, and then it may have
     *     been freed or not; if this member is not alive
     */
    public void release(String name, Duration timeout) {
        Outcome outcome = command(origin -> new Command.Release(origin, name), timeout);
        if (!outcome.isDone() && outcome.code() != Outcome.Code.NO_DICTIONARY) {
            throw unexpected(outcome);
        }
    }

    private DDictException unexpected(Outcome outcome) {
        return new DDictException(
                UNAVAILABLE,
                outcome.code() == Outcome.Code.MEMBER_DEAD
                        ? "the other nodes take this one for dead: member="
                                + number()
                                + "; it comes back by itself, try again"
                        : "command came too late: " + outcome.text());
    }

    private String expelled() {
        return "member is dead to the others: member="
                + number()
                + "; its service must end, and may join anew";
    }

    // One at a time, so that the group can tell a straggler by its number.
    private Outcome command(Function<Command.Origin, Command> make, Duration timeout) {
        long startNs = System.nanoTime();
        try {
            if (!commanding.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new DDictException(
                        UNAVAILABLE,
                        "another command of this node is on its way: waited="
                                + timeout.toMillis()
                                + "ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DDictException(UNAVAILABLE, "interrupted before the command was sent", e);
        }
        try {
            Command command = make.apply(new Command.Origin(number(), ++sequence));
            return command(command, timeout.minusNanos(System.nanoTime() - startNs));
        } finally {
            commanding.unlock();
        }
    }

    private Outcome command(Command command, Duration timeout) {
        if (lease.isExpelled() && !(command instanceof Command.Leave)) {
            throw new DDictException(UNAVAILABLE, expelled());
        }
        byte[] body = Fields.bytes(out -> {
            out.writeLong(newest.state().version());
            command.write(out);
        });
        try {
            DataInputStream in =
                    finder.ask(Ask.encode(Kind.COMMAND, joined.group(), body), timeout).body();
            Outcome outcome = Outcome.read(in);
            hear(in);
            return outcome;
        } catch (IOException e) {
            throw garbled(e);
        }
    }

    /** Whether the lease holds by this node's own clock: if not, others may own what it owned. */
    public boolean holdsLease() {
        return lease.holds(System.nanoTime());
    }

    /** When the lease is over unless it is renewed before, as {@link System#nanoTime}. */
    public long leaseDeadlineNs() {
        return lease.deadlineNs(System.nanoTime());
    }

    /** Sets who does what a member has to, from the next beat on; it is told of the lease as it is now. */
    public void serve(Duties owner) {
        owner.renewed(leaseDeadlineNs());
        duties = owner;
    }

    /** Whether the others have forgotten this member, or it has left; its lease never holds again. */
    public boolean isExpelled() {
        return lease.isExpelled();
    }

    private void beat() {
        long intervalNs = joined.settings().heartbeat().toNanos();
        while (!isClosed && !lease.isExpelled()) {
            long startNs = System.nanoTime();
            parkUntil(startNs + (beatOnce() ? intervalNs : intervalNs / HURRY));
        }
    }

    private void parkUntil(long deadlineNs) {
        long leftNs = deadlineNs - System.nanoTime();
        while (leftNs > 0 && !isClosed) {
            LockSupport.parkNanos(leftNs);
            leftNs = deadlineNs - System.nanoTime();
        }
    }

    // A beat that is not answered needs no word: the lease runs out.
    private boolean beatOnce() {
        long sentNs = System.nanoTime();
        byte[] body = Ask.longs(number(), newest.state().version());
        try {
            Answer answer =
                    finder.ask(
                            Ask.encode(Kind.BEAT, joined.group(), body),
                            joined.settings().lease().dividedBy(BEATS_IN_LEASE));
            if (answer.reply() == Ask.Reply.DEAD) {
                newest.offer(Update.read(answer.body()));
                comeBack();
                return false;
            }
            hear(answer.body());
            renew(sentNs);
            return true;
        } catch (DDictException | IOException e) {
            return false;
        }
    }

    private void renew(long sentNs) {
        lease.granted(sentNs);
        Duties owner = duties;
        if (owner != null) {
            owner.renewed(leaseDeadlineNs());
        }
    }

    // What was registered anew, or freed, while it was dead is in the state that comes with the outcome, and
    // whoever registers or frees something later asks this node. So it owns the rest, once it has a lease.
    private void comeBack() {
        Duties owner = duties;
        Consumer<ClusterState> settled = owner == null ? _ -> {} : owner.returning();
        Outcome outcome = command(Command.Return::new, joined.settings().lease());
        if (outcome.isDone()) {
            settled.accept(newest.state());
        } else if (outcome.code() == Outcome.Code.MEMBER_DEAD) {
            lease.expel();
            if (owner != null) {
                owner.expelled();
            }
        }
    }

    /**
     * Handles what another node's control group sent by its {@link ControlTransport}, and returns the
     * reply; safe from any thread, and blocks for as long as the others take, at most a few seconds.
     */
    public byte[] handle(byte[] request) {
        try {
            Ask ask = Ask.decode(request);
            if (isClosed) {
                return Peer.refused("control group is closed: member=" + number());
            }
            boolean isEntering = ask.kind() == Kind.COMMAND && ask.group().equals(Ask.NO_GROUP);
            if (!isEntering && !ask.group().equals(joined.group())) {
                return Peer.refused("node of another cluster: member=" + number());
            }
            return handle(ask);
        } catch (IOException | RuntimeException e) {
            return Peer.refused(String.valueOf(e));
        }
    }

    private byte[] handle(Ask ask) throws IOException {
        if (ask.kind() == Kind.START_PEER) {
            seat.start((int) Encoded.in(ask.body()).readLong());
            return Ask.answer(new byte[0]);
        }
        if (ask.kind() == Kind.STOP_PEER) {
            seat.stop((int) Encoded.in(ask.body()).readLong());
            return Ask.answer(new byte[0]);
        }
        Peer peer = seat.peer();
        return peer == null
                ? Ask.reply(Ask.Reply.ASK_OTHERS, finder.view()::write)
                : handle(peer, ask);
    }

    private static byte[] handle(Peer peer, Ask ask) throws IOException {
        DataInputStream in = Encoded.in(ask.body());
        return switch (ask.kind()) {
            case RAFT -> Ask.answer(peer.raft(ask.body()));
            case TERM -> Ask.answer(Ask.longs(peer.knownTerm((int) in.readLong())));
            case BEAT -> peer.beat(in);
            case COMMAND -> peer.command(in);
            case STATE -> peer.state(in);
            case START_PEER, STOP_PEER -> Peer.refused("not for a peer");
        };
    }

    /**
     * Gives up the lease and tells the others, so that they need not wait for its end; what this member was
     * a seat of is dead from then on. Blocks for a few seconds at most, until another has taken over if this
     * node led the group. {@link #close} is still to be called.
     */
    public void leave() {
        lease.expel();
        try {
            Outcome outcome = command(Command.Leave::new, LEAVE_TIMEOUT);
            if (outcome.isDone()) {
                awaitSuccessors();
            }
        } catch (DDictException e) {
            // The others find out when the lease is over.
        }
    }

    // A peer that is not needed any more is ended by its leader, and a leader by the log once that is agreed
    // upon.
    private void awaitSuccessors() {
        long deadlineNs = System.nanoTime() + LEAVE_TIMEOUT.toNanos();
        while (!newest.state().living().isEmpty()
                && seat.peer() != null
                && System.nanoTime() < deadlineNs) {
            LockSupport.parkNanos(LEAVE_PAUSE_NS);
        }
    }

    /** Ends this node's part without a word, and removes its files. May be called twice. */
    @Override
    public void close() {
        isClosed = true;
        LockSupport.unpark(beats);
        lease.expel();
        seat.close();
        newest.close();
    }
}
