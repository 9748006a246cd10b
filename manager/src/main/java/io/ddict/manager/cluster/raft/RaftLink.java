package io.ddict.manager.cluster.raft;

import java.io.IOException;
import java.time.Duration;

/** Carries a message to another peer's {@link RaftNode#handle} and its reply back. */
public interface RaftLink {
    /**
     * Sends and waits for the reply; safe from any thread.
     *
     * @throws IOException if there is none within the timeout
     */
    byte[] call(RaftPlace to, byte[] message, Duration timeout) throws IOException;
}
