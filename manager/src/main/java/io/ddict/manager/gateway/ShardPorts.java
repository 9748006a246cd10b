package io.ddict.manager.gateway;

import io.ddict.manager.gateway.ShardAccess.OpenShard;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The shards that clients of this service have open, by number. Safe from any thread. */
final class ShardPorts {
    private final Map<Long, ShardPort> open = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong last;

    /**
     * Makes those of a service.
     *
     * @param instance drawn by chance, so that no number is one that another service gave at this address
     */
    ShardPorts(long instance) {
        this.last = new AtomicLong(instance);
    }

    /** One is about to be opened, and counts from now on. */
    void begin() {
        count.incrementAndGet();
    }

    /** It was not opened. */
    void giveUp() {
        count.decrementAndGet();
    }

    /** It was opened, and can be found by its number. */
    ShardPort open(OpenShard opened) {
        ShardPort port = new ShardPort(opened, this, last.incrementAndGet());
        open.put(port.number(), port);
        return port;
    }

    /** The one of a number; null if there is none, or no more. */
    @Nullable ShardPort find(long number) {
        return open.get(number);
    }

    /** It is not to be found any more. */
    void remove(ShardPort port) {
        open.remove(port.number());
    }

    /** Closes a shard, and gives back what its client held. */
    void close(OpenShard opened) {
        try {
            opened.channel().close();
        } finally {
            opened.closeLink().run();
            count.decrementAndGet();
        }
    }

    /** How many are not closed yet. */
    int count() {
        return count.get();
    }
}
