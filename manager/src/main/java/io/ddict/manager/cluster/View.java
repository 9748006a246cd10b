package io.ddict.manager.cluster;

import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom to ask.
 *
 * @param leader number of the leader, 0 if none is known
 * @param peers who keeps the log
 */
record View(int leader, List<RaftPlace> peers) {
    static final View NONE = new View(0, List.of());

    View {
        peers = List.copyOf(peers);
    }

    /** Writes it. */
    void write(DataOutputStream out) throws IOException {
        out.writeInt(leader);
        out.writeInt(peers.size());
        for (RaftPlace each : peers) {
            out.writeInt(each.number());
            Member.writeAddress(out, each.address());
        }
    }

    /** Reads it. */
    static View read(DataInputStream in) throws IOException {
        int leader = in.readInt();
        List<RaftPlace> peers = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            peers.add(new RaftPlace(in.readInt(), Member.readAddress(in)));
        }
        return new View(leader, peers);
    }
}
