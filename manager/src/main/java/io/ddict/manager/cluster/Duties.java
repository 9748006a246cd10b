package io.ddict.manager.cluster;

import java.util.function.Consumer;

/** What a member does for its cluster. Called by the thread that beats, which must not be kept waiting. */
public interface Duties {
    /**
     * The lease was renewed: until a time, as {@link System#nanoTime}, nobody else owns what this member
     * owns.
     */
    void renewed(long deadlineNs);

    /**
     * The others took this member for dead, and it is about to come back; it holds no lease. Notes what it
     * owns now.
     *
     * @return is told the state in which it has come back: what it owned and does not own by that, it must
     *     give up, and not let anybody use any more even before that has happened
     */
    Consumer<ClusterState> returning();

    /** The others have forgotten this member; it never holds a lease again. */
    void expelled();
}
