package io.ddict.manager.cluster.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;
import org.apache.ratis.thirdparty.com.google.protobuf.Parser;

/*
 * A message is one byte that says which, and the protobuf of Ratis; a reply is a zero and the protobuf, or
 * a one and what went wrong. Ratis sends again whatever failed, so the text is for those who debug.
 *
 * A message names the peer that it is for, and is refused by all others: a node that is started anew at the
 * address of one that died must not answer, or even vote, in its place.
 */

/** Sends the messages of one peer over a link, and takes those of others. */
final class LinkedRpc implements RaftServerRpc {
    private static final byte OK = 0;
    private static final byte FAILED = 1;

    private enum Kind {
        VOTE, APPEND, SNAPSHOT, ELECT
    }

    private static final Kind[] KINDS = Kind.values();

    private final RpcType type;
    private final RaftServer server;
    private final RaftPlace self;
    private final RaftLink link;
    private final Duration timeout;
    private final Map<RaftPeerId, RaftPlace> places = new ConcurrentHashMap<>();

    LinkedRpc(RpcType type, RaftServer server, RaftPlace self, RaftLink link) {
        this.type = type;
        this.server = server;
        this.self = self;
        this.link = link;
        this.timeout =
                Duration.ofMillis(
                        RaftServerConfigKeys.Rpc.requestTimeout(server.getProperties())
                                .toLong(TimeUnit.MILLISECONDS));
    }

    /** Takes a message of another peer, and answers; never throws. */
    byte[] handle(byte[] message) {
        try {
            return reply(OK, answer(message).toByteString());
        } catch (IOException | RuntimeException e) {
            return reply(FAILED, ByteString.copyFromUtf8(String.valueOf(e)));
        }
    }

    private static byte[] reply(byte outcome, ByteString body) {
        byte[] reply = new byte[1 + body.size()];
        reply[0] = outcome;
        body.copyTo(reply, 1);
        return reply;
    }

    private MessageLite answer(byte[] message) throws IOException {
        int kind = message.length == 0 ? -1 : message[0];
        if (kind < 0 || kind >= KINDS.length) {
            throw new IOException("unknown message of a peer: kind=" + kind);
        }
        ByteString body = ByteString.copyFrom(message, 1, message.length - 1);
        return switch (KINDS[kind]) {
            case VOTE -> {
                RequestVoteRequestProto request = RequestVoteRequestProto.parseFrom(body);
                checkMeant(request.getServerRequest());
                yield server.requestVote(request);
            }
            case APPEND -> {
                AppendEntriesRequestProto request = AppendEntriesRequestProto.parseFrom(body);
                checkMeant(request.getServerRequest());
                yield server.appendEntries(request);
            }
            case SNAPSHOT -> {
                InstallSnapshotRequestProto request = InstallSnapshotRequestProto.parseFrom(body);
                checkMeant(request.getServerRequest());
                yield server.installSnapshot(request);
            }
            case ELECT -> {
                StartLeaderElectionRequestProto request =
                        StartLeaderElectionRequestProto.parseFrom(body);
                checkMeant(request.getServerRequest());
                yield server.startLeaderElection(request);
            }
        };
    }

    private void checkMeant(RaftRpcRequestProto request) throws IOException {
        if (!request.getReplyId().equals(server.getId().toByteString())) {
            throw new IOException(
                    "message for another peer: meant="
                            + request.getReplyId().toStringUtf8()
                            + ", here="
                            + server.getId());
        }
    }

    @Override
    public RequestVoteReplyProto requestVote(RequestVoteRequestProto request) throws IOException {
        return call(
                Kind.VOTE, request.getServerRequest(), request, RequestVoteReplyProto.parser());
    }

    @Override
    public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request)
            throws IOException {
        return call(
                Kind.APPEND, request.getServerRequest(), request, AppendEntriesReplyProto.parser());
    }

    @Override
    public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request)
            throws IOException {
        return call(
                Kind.SNAPSHOT, request.getServerRequest(), request,
                InstallSnapshotReplyProto.parser());
    }

    @Override
    public StartLeaderElectionReplyProto startLeaderElection(
            StartLeaderElectionRequestProto request) throws IOException {
        return call(
                Kind.ELECT, request.getServerRequest(), request,
                StartLeaderElectionReplyProto.parser());
    }

    private <R> R call(
            Kind kind, RaftRpcRequestProto header, MessageLite request, Parser<R> parser)
            throws IOException {
        RaftPlace to = places.get(RaftPeerId.valueOf(header.getReplyId()));
        if (to == null) {
            throw new IOException(
                    "peer is not known: peer=" + header.getReplyId().toStringUtf8());
        }
        byte[] reply =
                link.call(to, reply((byte) kind.ordinal(), request.toByteString()), timeout);
        if (reply.length == 0 || reply[0] != OK) {
            throw new IOException("peer failed: peer=" + to.number() + ", said=" + text(reply));
        }
        return parser.parseFrom(ByteString.copyFrom(reply, 1, reply.length - 1));
    }

    private static String text(byte[] reply) {
        return reply.length == 0
                ? "nothing"
                : new String(Arrays.copyOfRange(reply, 1, reply.length), UTF_8);
    }

    @Override
    public void addRaftPeers(Collection<RaftPeer> peers) {
        for (RaftPeer each : peers) {
            places.put(each.getId(), RaftPeers.placeOf(each));
        }
    }

    @Override
    public void handleException(RaftPeerId serverId, Exception e, boolean reconnect) {
        // Connections are the link's.
    }

    @Override
    public RpcType getRpcType() {
        return type;
    }

    @Override
    public InetSocketAddress getInetSocketAddress() {
        return InetSocketAddress.createUnresolved(self.address().host(), self.address().port());
    }

    @Override
    public void start() {
        // Nothing listens: messages come by handle().
    }

    @Override
    public void close() {
        // As nothing was started.
    }
}
