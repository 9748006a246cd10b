package io.ddict.manager.gateway;

import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.manager.gateway.ShardAccess.OpenShard;

/*
 * Nobody may be within a channel when it is closed, as its memory is unmapped then. Calls are counted, and
 * the last one closes it, by another thread, since that waits.
 */

/** A shard as one client has it open. Safe from any thread, as broadcasts come by other connections. */
final class ShardPort {
    private final OpenShard open;
    private final ShardPorts ports;
    private final long number;
    // Guarded by this.
    private int calls;
    private boolean detached;

    /** Makes one that {@link ShardPorts#open} numbered. */
    ShardPort(OpenShard open, ShardPorts ports, long number) {
        this.open = open;
        this.ports = ports;
        this.number = number;
    }

    ShmChannel channel() {
        return open.channel();
    }

    /** Its number among all that are open. */
    long number() {
        return number;
    }

    /** A call begins on another thread; false if the client wants it no more. */
    synchronized boolean tryBegin() {
        if (detached) {
            return false;
        }
        calls++;
        return true;
    }

    /** It has ended. */
    synchronized void end() {
        calls--;
        closeIfUnused();
    }

    /** The client wants it no more. */
    synchronized void detach() {
        if (!detached) {
            detached = true;
            ports.remove(this);
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (detached && calls == 0) {
            calls = -1;
            Thread.ofVirtual().name("ddict-gateway-close").start(() -> ports.close(open));
        }
    }
}
