package io.ddict.manager.simulation;

/** What can be left out, to see that the simulation finds that it is needed. */
public enum Guard {
    /** Frames have a checksum of what was sent. */
    CHECKSUM,
    /** A call whose connection was lost is told so. */
    LOSS,
    /** A call ends with its time, whatever the connection does. */
    TIME,
    /** A service gives back what a client held whose connection has ended. */
    GIVING_BACK,
    /** A service tells which one it is. */
    INSTANCE
}
