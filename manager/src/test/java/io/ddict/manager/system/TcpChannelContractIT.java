package io.ddict.manager.system;

import io.ddict.client.channel.tcp.TcpChannel;
import io.ddict.client.channel.tcp.TcpNode;
import java.time.Duration;

/** The contract of channels, over TCP. */
class TcpChannelContractIT extends ChannelContract {
    @Override
    ChannelClient open(String dictionary) {
        TcpNode node = TcpNode.own(SharedService.CLUSTER, SERVICE.address(), SERVICE.secret());
        TcpChannel channel = TcpChannel.open(node, dictionary, 0, Duration.ofSeconds(10));
        return new ChannelClient(channel, node::close, node::close);
    }
}
