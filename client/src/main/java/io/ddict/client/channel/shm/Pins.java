package io.ddict.client.channel.shm;

import io.ddict.client.channel.Deadline;
import io.ddict.store.pool.LinkLayout;
import io.ddict.store.pool.MemoryRegion;
import io.ddict.store.pool.PoolStatus;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/*
 * A pin says: a reader began at this applied position; whatever is given up later stays as it is.
 * The reader sets it and then looks for its record; the manager bumps the generation of what it
 * gives up, fences, and reads the pins before it uses the space again. Both stores are volatile, so
 * one of the two sees the other. A pin that its owner's death left behind goes with the link.
 */

/** A client's pins. Safe from any thread. */
final class Pins {
    static final int NONE = -1;

    private final MemoryRegion link;
    private final PoolStatus status;
    private final AtomicInteger used = new AtomicInteger();

    Pins(MemoryRegion link, PoolStatus status) {
        this.link = link;
        this.status = status;
    }

    /** Pins what is there now; the pin to give to {@link #release}, or NONE when time is over. */
    int acquire(Deadline deadline) {
        int pin = tryTake();
        while (pin == NONE && deadline.pause()) {
            pin = tryTake();
        }
        if (pin != NONE) {
            link.putLongVolatile(LinkLayout.pinOffset(pin), status.applied() + 1);
            // Full fence: the search for the record must not begin before the pin is seen.
            VarHandle.fullFence();
        }
        return pin;
    }

    void release(int pin) {
        link.putLongRelease(LinkLayout.pinOffset(pin), 0);
        used.getAndUpdate(bits -> bits & ~(1 << pin));
    }

    private int tryTake() {
        int bits = used.get();
        while (bits != -1) {
            int pin = Integer.numberOfTrailingZeros(~bits);
            if (used.compareAndSet(bits, bits | 1 << pin)) {
                return pin;
            }
            bits = used.get();
        }
        return NONE;
    }
}
