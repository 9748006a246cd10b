package io.ddict.manager.cluster.raft;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/*
 * In which term do I lead? Ratis tells a server's role and its term, but not both at one moment: between the
 * two questions it may have lost the one and learned of the other's successor. So a new leader appends a
 * mark, and what comes of that is the term in which it was appended: in that term this peer leads and
 * nobody else, whatever happens. As long as its current term is still that one, it knows of no later leader.
 *
 * That a peer knows of none does not mean that there is none. Who needs to be sure asks the other peers for
 * their terms: see knownTerm(). Reads of Ratis are no help: 3.3.0 answers a linearizable read at once
 * if it was sure of its leadership at the same commit index before, however long ago that was.
 */

/**
 * A peer of the replicated log. Safe from any thread; futures are completed by threads of Ratis, and are
 * to be waited for with a timeout, as nothing completes them while the peers do not hear each other.
 */
public final class RaftNode implements AutoCloseable {
    private final RaftPlace self;
    private final RaftServer server;
    private final RaftGroupId group;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();
    private volatile long ledTerm;

    private RaftNode(RaftPlace self, RaftServer server, RaftGroupId group) {
        this.self = self;
        this.server = server;
        this.group = group;
    }

    /**
     * Starts the first peer of a group, or one that its leader will {@link #changePeers take in}. One that
     * was a peer before goes on from what lies in the directory: it must not forget whom it voted for.
     *
     * @param isFirst whether it makes the group
     * @param leaderListener told, by a thread of Ratis, when there is another leader
     */
    public static RaftNode start(
            RaftSettings settings,
            RaftPlace self,
            boolean isFirst,
            ReplicatedMachine machine,
            RaftLink link,
            Runnable leaderListener)
            throws IOException {
        RaftGroupId group = RaftGroupId.valueOf(settings.group());
        RaftServer server =
                RaftServer.newBuilder()
                        .setServerId(RaftPeers.idOf(self.number()))
                        .setGroup(
                                RaftGroup.valueOf(
                                        group,
                                        isFirst ? List.of(RaftPeers.peerOf(self)) : List.of()))
                        .setOption(StartupOption.RECOVER)
                        .setStateMachine(new MachineAdapter(machine, leaderListener))
                        .setProperties(PeerProperties.of(settings, isFirst))
                        .setParameters(LinkedRpcType.parameters(self, link))
                        .build();
        try {
            server.start();
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        return new RaftNode(self, server, group);
    }

    /** Takes a message of another peer, and answers. */
    public byte[] handle(byte[] message) {
        return ((LinkedRpc) server.getServerRpc()).handle(message);
    }

    /** This peer. */
    public RaftPlace self() {
        return self;
    }

    /** Whether it still takes part; one that was removed from the group ends by itself. */
    public boolean isRunning() {
        try {
            LifeCycle.State state = division().getInfo().getLifeCycleState();
            return !state.isClosingOrClosed() && state != LifeCycle.State.EXCEPTION;
        } catch (IOException e) {
            return false;
        }
    }

    /** The term that this peer leads, as far as it knows; 0 if it does not. */
    public long ledTerm() {
        long term = ledTerm;
        return term == knownTerm() && isLeader() ? term : 0;
    }

    /** Whether it took the lead and has not {@link #mark marked} it yet. */
    public boolean isUnmarked() {
        return isLeader() && ledTerm() == 0;
    }

    private boolean isLeader() {
        DivisionInfo info = info();
        return info != null && info.isLeader();
    }

    /**
     * Learns in which term this peer leads. Blocks until its peers have heard of it.
     *
     * @return whether it leads
     */
    public boolean mark(Duration timeout) throws InterruptedException {
        try {
            byte[] answer =
                    submit(MachineAdapter.MARK, new byte[0])
                            .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            ledTerm = TermAnswer.decode(answer);
            return ledTerm() != 0;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /**
     * The newest term that this peer knows of, -1 if it has ended. A leader of an earlier term that hears so
     * from a majority, counting itself, knows that when it asked there was none after it.
     */
    public long knownTerm() {
        DivisionInfo info = info();
        return info == null ? -1 : info.getCurrentTerm();
    }

    /** Number of the leader that this peer follows; 0 if it knows of none. */
    public int leader() {
        DivisionInfo info = info();
        RaftPeerId leader = info == null ? null : info.getLeaderId();
        return leader == null ? 0 : RaftPeers.numberOf(leader);
    }

    /** The peers by the newest entry that this one has, whether that is agreed upon or not. */
    public List<RaftPlace> peers() {
        try {
            return RaftPeers.placesOf(division().getRaftConf().getCurrentPeers());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Those that have a say until a change of peers is agreed upon; empty if none is going on. */
    public List<RaftPlace> earlierPeers() {
        try {
            return RaftPeers.placesOf(division().getRaftConf().getPreviousPeers());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Appends an entry, if this peer leads; completed by what the machine says. */
    public CompletableFuture<byte[]> submit(byte[] entry) {
        return submit(MachineAdapter.ENTRY, entry);
    }

    private CompletableFuture<byte[]> submit(byte kind, byte[] entry) {
        ByteString data = ByteString.copyFrom(new byte[]{kind}).concat(ByteString.copyFrom(entry));
        RaftClientRequest request =
                RaftClientRequest.newBuilder()
                        .setClientId(client)
                        .setServerId(server.getId())
                        .setGroupId(group)
                        .setCallId(calls.incrementAndGet())
                        .setMessage(Message.valueOf(data))
                        .setType(RaftClientRequest.writeRequestType())
                        .build();
        try {
            return server.submitClientRequestAsync(request)
                    .thenApply(RaftNode::successful)
                    .thenApply(reply -> reply.getMessage().getContent().toByteArray());
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static RaftClientReply successful(RaftClientReply reply) {
        if (!reply.isSuccess()) {
            throw new IllegalStateException(String.valueOf(reply.getException()));
        }
        return reply;
    }

    /**
     * Changes who the peers are, if this peer leads: new ones, which must have been started, are brought up
     * to date first. Refused while another change goes on, and if more than half would be new.
     */
    public CompletableFuture<Void> changePeers(Collection<RaftPlace> peers) {
        SetConfigurationRequest request =
                new SetConfigurationRequest(
                        client, server.getId(), group, calls.incrementAndGet(),
                        RaftPeers.peersOf(peers));
        try {
            return server.setConfigurationAsync(request)
                    .thenApply(RaftNode::successful)
                    .thenAccept(reply -> {});
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Ends it; its log stays in the directory. */
    @Override
    public void close() throws IOException {
        server.close();
    }

    private RaftServer.Division division() throws IOException {
        return server.getDivision(group);
    }

    private @Nullable DivisionInfo info() {
        try {
            return division().getInfo();
        } catch (IOException e) {
            return null;
        }
    }
}
