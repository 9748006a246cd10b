package io.ddict.pool;

import io.ddict.client.protocol.ProcessOrder.Rank;

/** An MPI group that the node service serves, from before its ranks start until they have ended. */
final class RankGroup implements AutoCloseable {
    private final Processes processes;
    private final long key;
    private final Listener listener;

    RankGroup(Processes processes, long key, Listener listener) {
        this.processes = processes;
        this.key = key;
        this.listener = listener;
    }

    Rank rank(int number) {
        return new Rank(key, number);
    }

    void broken(int rank, int exitCode, String cause) {
        listener.onBroken(rank, exitCode, cause);
    }

    /** Ends the service's part; ranks that still run would wait for ever. May be called twice. */
    @Override
    public void close() {
        processes.closeRanks(key);
    }

    /** Hears that a group cannot go on; must not block. */
    interface Listener {
        /** The rank that others would wait for, and its exit code; both -1 if there is none. */
        void onBroken(int rank, int exitCode, String cause);
    }
}
