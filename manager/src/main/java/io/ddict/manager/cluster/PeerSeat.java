package io.ddict.manager.cluster;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.manager.cluster.Ask.Kind;
import io.ddict.manager.cluster.raft.RaftLink;
import io.ddict.manager.cluster.raft.RaftNode;
import io.ddict.manager.cluster.raft.RaftPlace;
import io.ddict.manager.cluster.raft.RaftSettings;
import io.ddict.manager.files.FileTree;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/*
 * Most nodes are never asked to be a peer; only those that are load Ratis. A member that was a peer before
 * and is asked again goes on with the log and the vote that it has. What another member left in the
 * directory, in an earlier life of the node, is removed before.
 */

/** The place of a member among the peers, whether it has taken it or not. */
final class PeerSeat implements AutoCloseable {
    private static final Duration FOUND_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration END_TIMEOUT = Duration.ofMillis(100);

    private final RaftPlace self;
    private final UUID group;
    private final ControlSettings settings;
    private final ControlTransport transport;
    private final Newest newest;
    private boolean isClean;
    private boolean isClosed;
    private volatile @Nullable Peer peer;

    PeerSeat(
            RaftPlace self,
            UUID group,
            ControlSettings settings,
            ControlTransport transport,
            Newest newest) {
        this.self = self;
        this.group = group;
        this.settings = settings;
        this.transport = transport;
        this.newest = newest;
    }

    /** The peer, or null if this member is none now. */
    @Nullable Peer peer() {
        Peer current = peer;
        return current != null && current.isRunning() ? current : null;
    }

    /** Becomes the first peer of a new group, and leads it when this returns. */
    void found() {
        try {
            Peer first = take(true);
            if (!first.awaitLead(FOUND_TIMEOUT)) {
                throw unavailable("it did not take the lead", null);
            }
        } catch (IOException e) {
            throw unavailable("its log cannot be made", e);
        }
    }

    private DDictException unavailable(String why, @Nullable Exception cause) {
        return new DDictException(
                UNAVAILABLE,
                "control group cannot be founded: " + why + ": directory=" + settings.directory(),
                cause);
    }

    // Its leader asks again while this goes on, if it takes long: that must not begin anew.
    /** Becomes a peer that its leader may take in. */
    synchronized void start(int meant) throws IOException {
        check(meant);
        if (peer() == null) {
            take(false);
        }
    }

    /** Is a peer no more. */
    synchronized void stop(int meant) throws IOException {
        check(meant);
        leave();
    }

    // Another life of this node may have been meant, at the same address.
    private void check(int meant) throws IOException {
        if (meant != self.number()) {
            throw new IOException(
                    "another member is meant: meant=" + meant + ", here=" + self.number());
        }
    }

    private synchronized Peer take(boolean isFirst) throws IOException {
        if (isClosed) {
            throw new IOException("control group is closed: member=" + self.number());
        }
        leave();
        clean();
        Peer[] made = new Peer[1];
        ClusterMachine machine = new ClusterMachine(newest::offer);
        RaftNode raft =
                RaftNode.start(
                        new RaftSettings(group, settings.directory(), settings.electionTimeout()),
                        self, isFirst, machine, link(), () -> wake(made[0]));
        made[0] = new Peer(group, settings, raft, machine, new Calls());
        made[0].start();
        peer = made[0];
        return made[0];
    }

    private static void wake(@Nullable Peer peer) {
        if (peer != null) {
            peer.wake();
        }
    }

    private void clean() throws IOException {
        if (!isClean) {
            FileTree.remove(settings.directory());
            Files.createDirectories(settings.directory());
            isClean = true;
        }
    }

    private synchronized void leave() throws IOException {
        Peer current = peer;
        if (current != null) {
            peer = null;
            current.close();
        }
    }

    private RaftLink link() {
        return (to, message, timeout) -> call(Kind.RAFT, to, message, timeout).readAllBytes();
    }

    private DataInputStream call(Kind kind, RaftPlace to, byte[] body, Duration timeout)
            throws IOException {
        byte[] request = Ask.encode(kind, group, body);
        DataInputStream reply = Encoded.in(transport.call(to.address(), request, timeout));
        Ask.Reply how = Ask.readReply(reply);
        if (how != Ask.Reply.ANSWER) {
            throw new IOException("peer refused: peer=" + to.number() + ", kind=" + kind);
        }
        return reply;
    }

    /** Calls on other members. */
    private final class Calls implements Peer.Others {
        @Override
        public long knownTerm(RaftPlace other) throws IOException {
            return call(Kind.TERM, other, Ask.longs(other.number()), settings.attempt()).readLong();
        }

        @Override
        public void startPeer(RaftPlace member) throws IOException {
            call(Kind.START_PEER, member, Ask.longs(member.number()), settings.attempt());
        }

        @Override
        public void stopPeer(RaftPlace other) throws IOException {
            call(Kind.STOP_PEER, other, Ask.longs(other.number()), settings.attempt());
        }
    }

    /** Ends its part, and removes what it wrote. May be called twice. */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        Peer last = peer;
        peer = null;
        if (last != null) {
            end(last);
        }
        try {
            FileTree.remove(settings.directory());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Its writer looks once a second whether it is to end; nobody needs what it might still write.
    private static void end(Peer last) {
        Thread ending = Thread.ofPlatform().daemon().name("ddict-control-end").start(() -> {
            try {
                last.close();
            } catch (IOException e) {
                // Its files are removed all the same.
            }
        });
        try {
            ending.join(END_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
