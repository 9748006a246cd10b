package io.ddict.client.node;

import io.ddict.client.DDictException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The node services of a cluster, reached by way of the one on this machine. Safe from any thread. */
public final class Members {
    private Members() {}

    /**
     * Those that are alive, as a service knows.
     *
     * @return that service first
     */
    public static List<MemberEntry> of(NodeConnection home) {
        try (DataInputStream answer = home.call(Request.MEMBERS, out -> {})) {
            List<MemberEntry> members = new ArrayList<>();
            for (int left = answer.readInt(); left > 0; left--) {
                members.add(MemberEntry.read(answer));
            }
            return List.copyOf(members);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * This process's session with one of them: made on first use, again if it was lost.
     *
     * @throws ManagerLostException if it does not answer
     */
    public static NodeConnection connection(NodeConnection home, MemberEntry member) {
        return member.isTeller() ? home : connection(home.cluster(), member.address());
    }

    /**
     * As the other, by the text of an address.
     *
     * @throws ManagerLostException if none answers there
     */
    public static NodeConnection connection(String cluster, String address) {
        try {
            return NodeConnection.shared(
                    cluster, NodeAddress.parse(address), ClusterSecret.ofCluster(cluster));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DDictException e) {
            throw new ManagerLostException(
                    "node service does not answer: address=" + address + ": " + e.getMessage());
        }
    }
}
