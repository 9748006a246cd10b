package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.manager.gateway.ShardAccess;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Opens the shards of a service for clients of its gateway. Safe from any thread. */
final class LocalShards implements ShardAccess {
    // Null until the service has joined its cluster, which it does by way of its gateway.
    private volatile @Nullable Dictionaries dictionaries;

    /** Opens those of these dictionaries from now on. */
    void serve(Dictionaries served) {
        dictionaries = served;
    }

    @Override
    public OpenShard open(String name, int number, BooleanSupplier isGone) throws IOException {
        Dictionaries served = dictionaries;
        if (served == null) {
            throw new DDictException(
                    DDictException.Status.UNAVAILABLE,
                    "node service is about to join its cluster: dictionary=" + name);
        }
        Dictionary dictionary = served.local(name);
        int link = dictionary.openLink(number);
        boolean opened = false;
        try {
            ShmChannel channel =
                    new ShmChannel(number, dictionary.poolDirectory(number), link, isGone);
            opened = true;
            return new OpenShard(channel, () -> dictionary.closeLink(number, link));
        } finally {
            if (!opened) {
                dictionary.closeLink(number, link);
            }
        }
    }
}
