package io.ddict.bench.nodes;

import io.ddict.client.node.Members;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.NodeAddress;
import java.util.List;

/**
 * A node of the {@code ddict run} that this process is in.
 *
 * @param host name by which policies find it
 * @param address where other nodes reach it
 */
public record RunNode(String host, String address) {
    /** All of them, that of this process first; none outside of a run, or if it has one node. */
    static List<RunNode> all() {
        if (System.getenv(NodeProcess.CLUSTER_VARIABLE) == null) {
            return List.of();
        }
        List<MemberEntry> members = Members.of(NodeProcess.home());
        return members.size() < 2 ? List.of() : members.stream().map(RunNode::of).toList();
    }

    private static RunNode of(MemberEntry member) {
        return new RunNode(member.host(), NodeAddress.parse(member.address()).host());
    }
}
