package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.ShmChannel;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Opens the shards of the service that a gateway belongs to. */
public interface ShardAccess {
    /**
     * Opens a shard for one client, with a link of its own. Blocks until the manager has made it.
     *
     * @param isGone turns true when the client has gone, and calls are to end
     * @throws io.ddict.client.DestroyedException if there is no such dictionary
     */
    OpenShard open(String dictionary, int manager, BooleanSupplier isGone) throws IOException;

    /**
     * A shard that was opened.
     *
     * @param channel to be closed before the link is
     * @param closeLink gives back what the client held
     */
    record OpenShard(ShmChannel channel, Runnable closeLink) {}
}
