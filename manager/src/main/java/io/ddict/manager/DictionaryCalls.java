package io.ddict.manager;

import io.ddict.manager.persist.Restorable;
import java.io.IOException;
import java.util.List;

/** Calls that concern a dictionary as a whole, or one node's part of it. Safe from any thread. */
interface DictionaryCalls extends Restorable {
    /** Makes it read-only; returns when nothing changes any more, or at once if it was. */
    void freeze() throws IOException;

    /** Makes it writable again. */
    void unfreeze() throws IOException;

    /** Persists what a held checkpoint holds now; returns when it will survive a crash of the machine. */
    void persist(long checkpoint) throws IOException;

    /** Checkpoints that are persisted, in order. */
    List<Long> persisted() throws IOException;

    /** Shows the next persisted checkpoint of a read-only dictionary, and returns which it is. */
    long advance() throws IOException;

    /**
     * Ends it for all.
     *
     * @param keep whether its memory is kept to be taken over
     */
    void destroy(boolean keep) throws IOException;

    /** Whether the cluster takes the node for dead that has all of it; then calls throw. */
    default boolean isGone() {
        return false;
    }
}
