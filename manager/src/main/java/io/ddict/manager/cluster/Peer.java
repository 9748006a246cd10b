package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.manager.cluster.Ask.Reply;
import io.ddict.manager.cluster.raft.RaftNode;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * Requests come in on threads of the gateway, which wait here until the log or the other peers have answered.
 * One thread of its own does what a leader does unasked: it marks its term, buries those whose lease is over,
 * and sees to it that there are enough peers.
 */

/** A node that keeps the log, and leads when it is elected. */
final class Peer implements AutoCloseable {
    private static final long LEAD_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    // A leader looks after leases and peers that often in a heartbeat.
    private static final int LOOKS = 4;

    private final UUID group;
    private final ControlSettings settings;
    private final RaftNode raft;
    private final ClusterMachine machine;
    private final LeaseKeeper leases;
    private final TermCheck check;
    private final PeerChange change;
    private final Thread thread;
    private boolean isWoken;
    private boolean isClosed;

    /** Calls of this peer on others. */
    interface Others extends TermCheck.Peers, PeerChange.Starter {}

    Peer(
            UUID group, ControlSettings settings, RaftNode raft, ClusterMachine machine,
            Others others) {
        this.group = group;
        this.settings = settings;
        this.raft = raft;
        this.machine = machine;
        this.leases = new LeaseKeeper(settings.lease(), settings.margin());
        this.check = new TermCheck(raft, others);
        this.change = new PeerChange(raft, settings, others);
        this.thread = Thread.ofPlatform().daemon().name("ddict-control-lead").unstarted(this::lead);
    }

    /** Starts its thread. */
    void start() {
        thread.start();
    }

    /** Waits until it leads; false if it does not in time. */
    boolean awaitLead(Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (raft.ledTerm() == 0 && System.nanoTime() < deadlineNs) {
            wake();
            LockSupport.parkNanos(LEAD_PAUSE_NS);
        }
        return raft.ledTerm() != 0;
    }

    /** Lets the thread look at once. */
    synchronized void wake() {
        isWoken = true;
        notifyAll();
    }

    boolean isRunning() {
        return raft.isRunning();
    }

    /** Whom to ask, as far as this peer knows. */
    View view() {
        return new View(raft.leader(), raft.peers());
    }

    /** Takes a message of the replicated log. */
    byte[] raft(byte[] message) {
        return raft.handle(message);
    }

    /** The newest term that it knows of; another life of this node is not answered for. */
    long knownTerm(int meant) {
        return meant == raft.self().number() ? raft.knownTerm() : -1;
    }

    /** A member is there. */
    byte[] beat(DataInputStream in) throws IOException {
        long receivedNs = System.nanoTime();
        long term = raft.ledTerm();
        int number = (int) in.readLong();
        long version = in.readLong();
        if (term == 0 || !isStillLed(term)) {
            return askOthers();
        }
        Member member = machine.state().member(number).filter(Member::isAlive).orElse(null);
        if (member == null) {
            return Ask.reply(Reply.DEAD, out -> machine.since(version).write(out));
        }
        leases.lead(term);
        return leases.grant(member.life(), term, receivedNs) ? answer(version) : askOthers();
    }

    /** Somebody wants to know the state. */
    byte[] state(DataInputStream in) throws IOException {
        long version = in.readLong();
        long term = raft.ledTerm();
        return term != 0 && isStillLed(term) ? answer(version) : askOthers();
    }

    private boolean isStillLed(long term) {
        Long led = await(check.ledTerm(), settings.attempt());
        return led != null && led == term;
    }

    /** Somebody commands. */
    byte[] command(DataInputStream in) throws IOException {
        long version = in.readLong();
        byte[] entry = in.readAllBytes();
        Command command = Command.read(Encoded.in(entry));
        if (command instanceof Command.Die) {
            return refused("a death is for the leader to find");
        }
        if (raft.ledTerm() == 0) {
            return askOthers();
        }
        byte[] done = await(raft.submit(entry), settings.attempt());
        if (done == null) {
            return askOthers();
        }
        Outcome outcome = Outcome.read(Encoded.in(done));
        return Ask.reply(Reply.ANSWER, out -> {
            outcome.write(out);
            if (command instanceof Command.Join) {
                out.writeLong(group.getMostSignificantBits());
                out.writeLong(group.getLeastSignificantBits());
                settings.write(out);
            }
            machine.since(version).write(out);
            view().write(out);
        });
    }

    private byte[] answer(long version) {
        return Ask.reply(Reply.ANSWER, out -> {
            machine.since(version).write(out);
            view().write(out);
        });
    }

    private byte[] askOthers() {
        return Ask.reply(Reply.ASK_OTHERS, view()::write);
    }

    static byte[] refused(String why) {
        return Ask.reply(Reply.REFUSED, out -> Fields.writeText(out, why));
    }

    private static <T> @Nullable T await(CompletableFuture<T> future, Duration timeout) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // Another leader may know more: the caller asks again.
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private void lead() {
        try {
            while (awaitTurn()) {
                if (raft.isUnmarked()) {
                    raft.mark(settings.attempt());
                }
                long term = raft.ledTerm();
                if (term != 0) {
                    leases.lead(term);
                    bury(term);
                    change.look(machine.state());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean awaitTurn() throws InterruptedException {
        long deadlineNs = System.nanoTime() + settings.heartbeat().toNanos() / LOOKS;
        long leftNs = deadlineNs - System.nanoTime();
        while (!isWoken && !isClosed && leftNs > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, leftNs);
            leftNs = deadlineNs - System.nanoTime();
        }
        isWoken = false;
        return !isClosed;
    }

    // Submitted again at each look until the log has it; void if the term is over.
    private void bury(long term) {
        List<Member.Life> living = machine.state().living().stream().map(Member::life).toList();
        List<CompletableFuture<byte[]>> burials = new ArrayList<>();
        for (Member.Life life : leases.condemn(term, living, System.nanoTime())) {
            burials.add(raft.submit(Fields.bytes(new Command.Die(life, term)::write)));
        }
        await(
                CompletableFuture.allOf(burials.toArray(CompletableFuture<?>[]::new)),
                settings.heartbeat());
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        change.close();
        raft.close();
    }
}
