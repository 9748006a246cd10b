package io.ddict.client;

/** There is no such persisted checkpoint, or not all managers have persisted it. */
public final class PersistedCheckpointUnavailableException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public PersistedCheckpointUnavailableException(String message) {
        super(Status.NOT_PERSISTED, message);
    }
}
