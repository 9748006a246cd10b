package io.ddict.manager.launch.ranks;

import io.ddict.client.protocol.RanksNews;

/** Hears of a job. Called by the server's thread, which must not be blocked. */
public interface RankListener {
    /** Instead of an exit code: none is known. */
    int NO_EXIT_CODE = -1;

    /**
     * The job cannot go on: the other ranks would wait for one that does not come any more. Told once.
     *
     * @param rank the one that others would wait for; -1 if it is the server that failed
     * @param exitCode how it ended, or {@link #NO_EXIT_CODE}
     */
    void onBroken(int rank, int exitCode, String cause);

    /** Of a job that has ranks on other nodes, too: what those here have come to. */
    void onNews(RanksNews news);

    /** A rank called MPI_Abort, and waits to be ended. */
    void onAbort(int rank, int exitCode);
}
