package io.ddict.manager.system;

import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The contract of channels, over shared memory. */
class ShmChannelContractIT extends ChannelContract {
    @Override
    ChannelClient open(String dictionary) {
        NodeConnection session = NodeConnection.connect(SharedService.CLUSTER);
        try (DataInputStream answer = session.call(Request.LINK, out -> {
            Fields.writeText(out, dictionary);
            out.writeInt(0);
        })) {
            ShmChannel channel = new ShmChannel(
                    0, SERVICE.cluster().poolDirectories(dictionary).getFirst(), answer.readInt(),
                    session::isLost);
            // Who dies writes no more: the channel goes first.
            Runnable death = () -> {
                channel.close();
                session.close();
            };
            return new ChannelClient(channel, death, session::close);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
