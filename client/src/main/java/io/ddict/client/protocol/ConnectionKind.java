package io.ddict.client.protocol;

/** What a connection to the node service of another machine is for; append only. */
public enum ConnectionKind {
    /** The frames of {@link Request}: what a client on the same machine says by the session socket. */
    SESSION,
    /** Operations on shards. */
    SHARDS,
    /** What node services say to each other. */
    CONTROL;

    private static final ConnectionKind[] VALUES = values();

    /** The kind of a number. */
    public static ConnectionKind of(int number) {
        if (number < 0 || number >= VALUES.length) {
            throw new IllegalArgumentException("unknown kind of connection: number=" + number);
        }
        return VALUES[number];
    }
}
