package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.manager.gateway.ShardAccess;
import io.ddict.manager.serving.Manager;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Opens the shards of a service for clients of its gateway. Safe from any thread. */
final class LocalShards implements ShardAccess {
    private static final long LINK_TIMEOUT_MS = 15_000;

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
        Manager manager = dictionary.manager(number);
        int link = link(manager, name, number);
        boolean opened = false;
        try {
            ShmChannel channel = new ShmChannel(
                    number, manager.pool().mapped().directory(), link, isGone);
            opened = true;
            return new OpenShard(channel, () -> closeLink(manager, link));
        } finally {
            if (!opened) {
                closeLink(manager, link);
            }
        }
    }

    private static void closeLink(Manager manager, int link) {
        var _ = manager.closeLink(link);
    }

    private static int link(Manager manager, String name, int number) throws IOException {
        try {
            return manager.openLink().get(LINK_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "link cannot be made: dictionary=" + name + ", manager=" + number + ", cause="
                            + (e.getCause() == null ? e : e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
