package io.ddict.manager.cluster.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;

/*
 * Ratis finds its way to speak by the name of this class, and hands it the parameters of the server that
 * is being made: there lies the link to use. The usual ways, gRPC and Netty, open ports of their own,
 * where messages would be parsed before anybody has shown who he is.
 */

/** Messages of Ratis over a {@link RaftLink}; public for Ratis, which makes it by reflection. */
public final class LinkedRpcType implements RpcType {
    private static final String LINK = "ddict.link";
    private static final String SELF = "ddict.self";

    /** What a server is to be given to speak over a link. */
    static Parameters parameters(RaftPlace self, RaftLink link) {
        Parameters parameters = new Parameters();
        parameters.put(LINK, link, RaftLink.class);
        parameters.put(SELF, self, RaftPlace.class);
        return parameters;
    }

    @Override
    public String name() {
        return LinkedRpcType.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
        return new Factory(
                this, parameters.getNonNull(SELF, RaftPlace.class),
                parameters.getNonNull(LINK, RaftLink.class));
    }

    private record Factory(LinkedRpcType type, RaftPlace self, RaftLink link)
            implements
                ServerFactory {
        @Override
        public RpcType getRpcType() {
            return type;
        }

        @Override
        public RaftServerRpc newRaftServerRpc(RaftServer server) {
            return new LinkedRpc(type, server, self, link);
        }
    }
}
