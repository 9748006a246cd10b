package io.ddict.manager.persist;

import java.io.IOException;

/*
 * Every stream is checked to its end before anything is changed. From then on clients are refused, the
 * managers are emptied, and the streams are put in; what fails then, such as for want of memory, leaves the
 * dictionary empty, never half. Where it is spread over nodes each step is done on all of them before the
 * next begins.
 */

/** What can go back to a persisted checkpoint, by steps. */
public interface Restorable {
    /**
     * Reads the checkpoint to its end. Nothing is changed, and nothing persisted until {@link #endRestore}.
     *
     * @throws IOException if a stream is damaged
     */
    void beginRestore(long checkpoint) throws IOException;

    /** Refuses clients from now on, and replaces everything by the checkpoint. */
    void loadRestored(long checkpoint) throws IOException;

    /**
     * Lets clients see what was loaded, or nothing. If nothing was to be loaded yet it is as it was. May be
     * repeated.
     *
     * @param keep whether all was loaded
     */
    void endRestore(boolean keep) throws IOException;

    /**
     * Replaces everything by a persisted checkpoint, which is then the only one held. Clients are refused
     * meanwhile.
     *
     * @throws IOException if a stream is damaged; nothing was changed
     */
    default void restore(long checkpoint) throws IOException {
        try {
            beginRestore(checkpoint);
            loadRestored(checkpoint);
        } catch (IOException | RuntimeException | Error e) {
            try {
                endRestore(false);
            } catch (IOException | RuntimeException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
        endRestore(true);
    }
}
