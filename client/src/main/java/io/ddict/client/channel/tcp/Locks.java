package io.ddict.client.channel.tcp;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** How calls wait for each other where that may take long. */
final class Locks {
    private Locks() {}

    /** Takes a lock; false if the time was over. An interrupt ends no waiting, and is kept. */
    static boolean tryLock(ReentrantLock lock, long timeoutNs) {
        long endNs = System.nanoTime() + timeoutNs;
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return lock.tryLock(endNs - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
