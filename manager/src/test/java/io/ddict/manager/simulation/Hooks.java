package io.ddict.manager.simulation;

import io.ddict.client.node.Heartbeats;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** What clients and managers call in a simulation instead of the JDK; see {@link SimulatedClasses}. */
public final class Hooks {
    private Hooks() {}

    /** As that of System. */
    public static long nanoTime() {
        return Simulator.running().clock();
    }

    /** As that of LockSupport. */
    public static void parkNanos(long nanoseconds) {
        Simulator.running().park(nanoseconds);
    }

    /** As that of Thread. */
    public static void onSpinWait() {
        Simulator.running().spin();
    }

    /** As that of Selector. */
    public static Selector openSelector() {
        return new SimulatedSelector();
    }

    /** As that of SocketChannel. */
    public static SocketChannel openSocket() {
        return Simulator.running().network().socket();
    }

    /** As that of Heartbeats. */
    public static void watch(Heartbeats.Beating connection) {
        Simulator.running().watch(connection);
    }

    /** As that of ReentrantLock. */
    public static boolean tryLock(Object lock) {
        return ((ReentrantLock) lock).tryLock();
    }

    /** As that of ReentrantLock, but that it looks now and then. */
    public static boolean tryLock(Object lock, long timeout, TimeUnit unit)
            throws InterruptedException {
        return Simulator.running().tryLock((ReentrantLock) lock, unit.toNanos(timeout));
    }

    /** Enters a monitor. */
    public static void enter(Object monitor) {
        Simulator.running().monitors().enter(monitor);
    }

    /** Leaves a monitor. */
    public static void exit(Object monitor) {
        Simulator.running().monitors().exit(monitor);
    }

    /** Hears what a handler of the gateway catches. */
    public static void caught(Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            Simulator.running().fail("gateway failed", cause);
        }
    }

    /** Stands for a checksum. */
    public static long noChecksum(Object checksum) {
        return 0;
    }

    /** Stands for what is left of a call's time. */
    public static long noLimit(Object deadline) {
        return 3_600_000_000_000L;
    }

    /** Stands for giving back. */
    public static void keep(Object port) {
        // Nothing is given back.
    }
}
