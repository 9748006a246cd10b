package io.ddict.pool;

import io.ddict.client.protocol.RanksNews;

/** The ranks of an MPI group on one node, from before they start until they have ended. */
final class RankPart implements AutoCloseable {
    private final Processes processes;
    private final long key;
    private final Listener listener;

    RankPart(Processes processes, long key, Listener listener) {
        this.processes = processes;
        this.key = key;
        this.listener = listener;
    }

    /** The service's key of it, for orders of its ranks. */
    long key() {
        return key;
    }

    /** Tells its ranks what those on all other nodes have come to. */
    void tell(RanksNews elsewhere) {
        elsewhere.pieces().forEach(each -> processes.tellRanks(key, each));
    }

    void broken(int rank, int exitCode, String cause) {
        listener.onBroken(rank, exitCode, cause);
    }

    void news(RanksNews news) {
        listener.onNews(news);
    }

    /** Ends the service's part; ranks that still run would wait for ever. May be called twice. */
    @Override
    public void close() {
        processes.closeRanks(key);
    }

    /** Hears what the service tells; must not block. */
    interface Listener {
        /** The group cannot go on: the rank that others would wait for, and its exit code, or both -1. */
        void onBroken(int rank, int exitCode, String cause);

        /** What its ranks have come to; only if there are others elsewhere. */
        void onNews(RanksNews news);
    }
}
