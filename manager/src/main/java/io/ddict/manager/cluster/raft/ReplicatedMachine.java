package io.ddict.manager.cluster.raft;

import java.io.IOException;

/** What a replicated log is applied to, the same on every peer. Called by one thread at a time. */
public interface ReplicatedMachine {
    /**
     * Applies an entry; what comes of it depends on the entries alone, never on time or place.
     *
     * @param term the term in which the entry was appended
     */
    byte[] apply(long term, byte[] entry) throws IOException;

    /** All that later entries may depend on, as bytes. */
    byte[] image();

    /** Goes on from an {@link #image}. */
    void load(byte[] image) throws IOException;
}
