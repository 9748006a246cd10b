package io.ddict.client;

/** The handle's checkpoint is older than the oldest that the key's manager holds. Nothing was changed. */
public final class CheckpointRetiredException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public CheckpointRetiredException(String message) {
        super(Status.RETIRED, message);
    }
}
