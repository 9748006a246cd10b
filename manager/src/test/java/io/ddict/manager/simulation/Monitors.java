package io.ddict.manager.simulation;

import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;

/** Monitors of objects, for threads of a {@link Simulator}. */
final class Monitors {
    private final IdentityHashMap<Object, Monitor> held = new IdentityHashMap<>();

    void enter(Object object) {
        Thread thread = Thread.currentThread();
        boolean interrupted = false;
        Monitor monitor = held.get(object);
        while (monitor != null && !monitor.owner.equals(thread)) {
            monitor.waiters.add(thread);
            LockSupport.park();
            interrupted |= Thread.interrupted();
            monitor.waiters.remove(thread);
            monitor = held.get(object);
        }
        if (monitor == null) {
            held.put(object, new Monitor(thread));
        } else {
            monitor.depth++;
        }
        if (interrupted) {
            thread.interrupt();
        }
    }

    void exit(Object object) {
        Monitor monitor = held.get(object);
        if (--monitor.depth == 0) {
            held.remove(object);
            monitor.waiters.forEach(LockSupport::unpark);
        }
    }

    private static final class Monitor {
        final Thread owner;
        final Queue<Thread> waiters = new ArrayDeque<>();
        int depth = 1;

        Monitor(Thread owner) {
            this.owner = owner;
        }
    }
}
