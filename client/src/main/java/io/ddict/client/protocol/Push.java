package io.ddict.client.protocol;

/**
 * Kinds of what a node service tells a client unasked; append only. Such a frame has a negative number
 * where an answer has its request's, then the kind and its fields.
 */
public enum Push {
    /**
     * A piece of what a process wrote: the client's key of the process, the stream, the bytes; without
     * bytes the stream has ended. The service sends {@link ProcessOrder#WINDOW} bytes ahead of what the
     * client acknowledged by {@link Request#PROCESS_CREDIT}.
     */
    PROCESS_OUTPUT,
    /** A process ended: the client's key of it, then as {@link ProcessEnd} writes it. */
    PROCESS_ENDED,
    /**
     * An MPI group cannot go on: the client's key of it, the rank that others would wait for, its exit
     * code, both -1 if there is none, and the cause.
     */
    RANKS_BROKEN,
    /** What the ranks of an MPI group here have come to: the client's key of it, then {@link RanksNews}. */
    RANKS_NEWS;

    /** The number of every such frame. */
    public static final int NUMBER = -1;

    private static final Push[] VALUES = values();

    /** The push of a kind. */
    public static Push of(int kind) {
        if (kind < 0 || kind >= VALUES.length) {
            throw new IllegalArgumentException("unknown push: kind=" + kind);
        }
        return VALUES[kind];
    }
}
