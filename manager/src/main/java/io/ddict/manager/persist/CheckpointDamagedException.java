package io.ddict.manager.persist;

import java.io.IOException;

/** A stream is not what a manager wrote. */
final class CheckpointDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Makes one that says what is wrong with which part of which stream. */
    CheckpointDamagedException(String what, String part, String where) {
        super(
                "persisted checkpoint cannot be read: "
                        + what
                        + ", part="
                        + part
                        + ", file="
                        + where
                        + "; nothing was changed, restore another one");
    }
}
