package io.ddict.manager.persist;

import java.nio.file.Path;

/**
 * Whether and how a dictionary's checkpoints are persisted.
 *
 * @param persister name of the persister; empty for none
 * @param path where, absolute
 * @param frequency every so many checkpoints one is persisted as it retires; 0 for none
 * @param count most that are kept; 0 for all
 * @param restoreFrom checkpoint to begin with; negative for none
 * @param readOnly whether the dictionary only shows what was persisted
 * @param goesOn whether the dictionary begins with the newest checkpoint, if there is one
 */
public record PersistSettings(
        String persister, Path path, int frequency, int count, long restoreFrom,
        boolean readOnly, boolean goesOn) {
    /** Nothing is persisted. */
    public static final PersistSettings NONE =
            new PersistSettings("", Path.of("/"), 0, 0, -1, false, false);

    /** Whether nothing is persisted. */
    public boolean isNone() {
        return persister.isEmpty();
    }

    /** Whether the dictionary begins with a persisted checkpoint. */
    public boolean restores() {
        return restoreFrom >= 0;
    }
}
