package io.ddict.pool;

/** Takes what one stream of a process wrote, in pieces; called by the session's thread, never blocks. */
interface ProcessOutput {
    /** Takes a piece. */
    void take(byte[] piece);

    /** The stream has ended. */
    void end();

    /** The node service has ended before the stream. */
    void lost();
}
