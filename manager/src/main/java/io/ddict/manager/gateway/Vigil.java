package io.ddict.manager.gateway;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;

/*
 * A client prepares a part of a value for some 10 us and then sends it. Were the event loop asleep each time,
 * the client would have to wake it, and pay for that more than for a quarter of the part itself. So the loop
 * looks for input without sleeping until a moment after the last piece came.
 *
 * An event loop does not sleep while it has tasks, and after those of its queue come those of its end, once
 * each. This one is in the one queue and in the other by turns, so that the loop looks at its sockets, all of
 * them, in between.
 */

/** Keeps an event loop from going to sleep while more of a value is expected at once. On that event loop. */
final class Vigil implements Runnable {
    /** How long it lasts after the last piece. */
    static final long LENGTH_NS = 50_000;

    private final EventLoop loop;
    private final Runnable atEnd = this::runAtEnd;
    private long endNs;
    private boolean isKept;
    private boolean isQueued;

    Vigil(EventLoop loop) {
        this.loop = loop;
    }

    /** Begins it, or has it last longer. */
    void keep() {
        endNs = System.nanoTime() + LENGTH_NS;
        isKept = true;
        if (!isQueued) {
            isQueued = true;
            loop.execute(this);
        }
    }

    /** Ends it. */
    void end() {
        isKept = false;
    }

    /** Whether it goes on. */
    boolean isKept() {
        return isKept;
    }

    @Override
    public void run() {
        isKept = isKept && System.nanoTime() - endNs < 0 && !loop.isShuttingDown();
        if (isKept && loop instanceof SingleThreadEventLoop queue) {
            queue.executeAfterEventLoopIteration(atEnd);
        } else {
            isKept = false;
            isQueued = false;
        }
    }

    private void runAtEnd() {
        if (!loop.isShuttingDown()) {
            loop.execute(this);
        }
    }
}
