package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.manager.gateway.ShardAccess.OpenShard;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * Nobody may be within a channel when it is closed, as its memory is unmapped then. Calls are counted on the
 * event loop, and the last one closes it, by another thread, since that waits.
 */

/** A shard as one client has it open. On its connection's event loop. */
final class ShardPort {
    private final OpenShard open;
    private final AtomicInteger ports;
    private int calls;
    private boolean detached;

    /**
     * Makes one.
     *
     * @param ports counts those that are open
     */
    ShardPort(OpenShard open, AtomicInteger ports) {
        this.open = open;
        this.ports = ports;
    }

    ShmChannel channel() {
        return open.channel();
    }

    /** A call begins on another thread. */
    void begin() {
        calls++;
    }

    /** It has ended. */
    void end() {
        calls--;
        closeIfUnused();
    }

    /** The client wants it no more. */
    void detach() {
        if (!detached) {
            detached = true;
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (detached && calls == 0) {
            calls = -1;
            Thread.ofVirtual().name("ddict-gateway-close").start(() -> close(open, ports));
        }
    }

    /** Closes a shard, and gives back what its client held. */
    static void close(OpenShard open, AtomicInteger ports) {
        try {
            open.channel().close();
        } finally {
            open.closeLink().run();
            ports.decrementAndGet();
        }
    }
}
