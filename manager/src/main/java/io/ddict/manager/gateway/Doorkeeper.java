package io.ddict.manager.gateway;

import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionFigures;
import io.ddict.client.protocol.Handshake;
import io.netty.channel.Channel;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/*
 * Strangers can open connections as fast as the machine allows, and say nothing, or guess. What they get of
 * it is bounded: of handshakes in progress there are only so many, and where there would be more the oldest
 * gives way. An honest one takes a millisecond, so that is never the oldest. Who guessed wrong is answered
 * late, so that one connection guesses seldom; only so many are made to wait, as each costs a file
 * descriptor, and the others are just closed.
 */

/** Counts connections, and decides which may go on. Safe from any thread. */
@SuppressWarnings("FutureReturnValueIgnored") // a channel that fails is closed, which its handler hears
final class Doorkeeper {
    /** Most handshakes in progress. */
    static final int HANDSHAKES_MAX = 256;

    /** Most refused connections that are kept waiting for their answer. */
    static final int REFUSALS_MAX = 256;

    final LongAdder accepted = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder unfinished = new LongAdder();
    final LongAdder malformed = new LongAdder();

    private final ClusterSecret secret;
    private final byte[] clusterHash;
    private final int connectionsMax;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private final Set<Channel> inProgress = new LinkedHashSet<>();

    Doorkeeper(GatewaySettings settings) {
        this.secret = settings.secret();
        this.clusterHash = Handshake.clusterHash(settings.cluster());
        this.connectionsMax = settings.connectionsMax();
    }

    ClusterSecret secret() {
        return secret;
    }

    byte[] clusterHash() {
        return clusterHash;
    }

    /** A handshake begins; ends the oldest one if there are too many. */
    void begins(Channel channel) {
        Channel oldest = null;
        synchronized (inProgress) {
            inProgress.add(channel);
            if (inProgress.size() > HANDSHAKES_MAX) {
                Iterator<Channel> each = inProgress.iterator();
                oldest = each.next();
                each.remove();
            }
        }
        if (oldest != null) {
            unfinished.increment();
            oldest.close();
        }
    }

    /** A handshake has ended, or its connection has; false if that is known already. */
    boolean ends(Channel channel) {
        synchronized (inProgress) {
            return inProgress.remove(channel);
        }
    }

    /** Takes a place for a connection; false if there are too many. */
    boolean tryOpen(Channel channel) {
        if (open.incrementAndGet() > connectionsMax) {
            open.decrementAndGet();
            return false;
        }
        channel.closeFuture().addListener(end -> open.decrementAndGet());
        return true;
    }

    /** Takes a place for a connection that waits for its refusal; false if it is not to wait. */
    boolean tryDelay(Channel channel) {
        if (refusals.incrementAndGet() > REFUSALS_MAX) {
            refusals.decrementAndGet();
            return false;
        }
        channel.closeFuture().addListener(end -> refusals.decrementAndGet());
        return true;
    }

    ConnectionFigures figures() {
        return new ConnectionFigures(
                open.get(), accepted.sum(), refused.sum(), unfinished.sum(), malformed.sum());
    }
}
