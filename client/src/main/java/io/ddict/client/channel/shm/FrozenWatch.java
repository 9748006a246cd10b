package io.ddict.client.channel.shm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/*
 * Somebody else may end a freeze while this process only looks at its views, or at nothing. So a
 * thread looks at the epochs as long as there is a mapping to close, and ends with the last of them.
 */

/** Closes mappings whose freeze is over, whether the process uses them or not. */
final class FrozenWatch {
    // Twice as long at worst, a process sees what was frozen, and keeps the space of what others write.
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final List<FrozenMapping> MAPPINGS = new ArrayList<>();
    private static boolean watching;

    private FrozenWatch() {}

    /** Watches a mapping until it is closed. */
    static synchronized void add(FrozenMapping mapping) {
        MAPPINGS.add(mapping);
        if (!watching) {
            watching = true;
            Thread.ofPlatform().daemon().name("ddict-frozen-views").start(FrozenWatch::watch);
        }
    }

    /** Closes what is stale; false if nothing is left to watch. */
    static synchronized boolean look() {
        MAPPINGS.removeIf(FrozenMapping::closeIfStale);
        return !MAPPINGS.isEmpty();
    }

    private static void watch() {
        do {
            LockSupport.parkNanos(LOOK_NS);
        } while (isNeeded());
    }

    private static synchronized boolean isNeeded() {
        watching = look();
        return watching;
    }
}
