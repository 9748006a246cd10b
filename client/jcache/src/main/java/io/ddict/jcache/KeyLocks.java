package io.ddict.jcache;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets threads of this process that change the same key take turns. Keys that share a lock by
 * chance take turns too; a thread that has a lock may take others.
 */
final class KeyLocks {
    // Many more than there are threads that change entries at a time.
    private static final int COUNT = 256;

    private final ReentrantLock[] locks = new ReentrantLock[COUNT];

    KeyLocks() {
        Arrays.setAll(locks, each -> new ReentrantLock());
    }

    ReentrantLock of(byte[] key) {
        int hash = Arrays.hashCode(key);
        return locks[(hash ^ hash >>> 16) & COUNT - 1];
    }
}
