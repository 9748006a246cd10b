package io.ddict.manager.cluster;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.UUID;

/*
 * A request is
 *
 *   offset  length  field
 *   0       1       version of these messages
 *   1       1       kind
 *   2       16      the cluster's group; zero of somebody who joins and does not know it
 *   18              body, by kind
 *
 * and a reply a byte that says how it went, and a body.
 */

/** A request to another node's control group. */
@SuppressWarnings("ArrayRecordComponent")
record Ask(Kind kind, UUID group, byte[] body) {
    /** What it asks for; append only. */
    enum Kind {
        /** A message of the replicated log: body and reply are those of RaftNode. */
        RAFT,
        /** The newest term that the peer knows of. */
        TERM,
        /** A member is there: its number, the version it knows; answered by the leader. */
        BEAT,
        /** A command, after the version that the sender knows; answered by the leader. */
        COMMAND,
        /** The state, for who knows a version; answered by the leader. */
        STATE,
        /** Become a peer: the number of the member that is meant. */
        START_PEER,
        /** Be a peer no more: the number of the member that is meant. */
        STOP_PEER
    }

    /** How a request went; append only. */
    enum Reply {
        /** It was answered. */
        ANSWER,
        /** The node does not lead; it tells whom to ask. */
        ASK_OTHERS,
        /** It cannot be answered; a text tells why. */
        REFUSED,
        /** The member that asks is dead; what it lacks of the state follows. */
        DEAD
    }

    static final UUID NO_GROUP = new UUID(0, 0);

    private static final int VERSION = 1;
    private static final Kind[] KINDS = Kind.values();
    private static final Reply[] REPLIES = Reply.values();

    static byte[] encode(Kind kind, UUID group, byte[] body) {
        return Fields.bytes(out -> {
            out.writeByte(VERSION);
            out.writeByte(kind.ordinal());
            out.writeLong(group.getMostSignificantBits());
            out.writeLong(group.getLeastSignificantBits());
            out.write(body);
        });
    }

    static Ask decode(byte[] request) throws IOException {
        DataInputStream in = Encoded.in(request);
        int version = in.readByte();
        int kind = in.readByte();
        if (version != VERSION || kind < 0 || kind >= KINDS.length) {
            throw new IOException(
                    "unknown control message: version="
                            + version
                            + ", kind="
                            + kind
                            + "; all nodes of a cluster must run the same release");
        }
        UUID group = new UUID(in.readLong(), in.readLong());
        return new Ask(KINDS[kind], group, in.readAllBytes());
    }

    static byte[] reply(Reply reply, Frames.Writer body) {
        return Fields.bytes(out -> {
            out.writeByte(reply.ordinal());
            body.write(out);
        });
    }

    static byte[] answer(byte[] body) {
        return reply(Reply.ANSWER, out -> out.write(body));
    }

    static Reply readReply(DataInputStream in) throws IOException {
        int reply = in.readByte();
        if (reply < 0 || reply >= REPLIES.length) {
            throw new IOException("unknown reply of a control group: reply=" + reply);
        }
        return REPLIES[reply];
    }

    /** Body of what only has a version, or a number and a version. */
    static byte[] longs(long... values) {
        return Fields.bytes((DataOutputStream out) -> {
            for (long each : values) {
                out.writeLong(each);
            }
        });
    }
}
