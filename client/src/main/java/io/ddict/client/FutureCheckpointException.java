package io.ddict.client;

/** The handle's checkpoint cannot be reached yet, and the call is one that does not wait for it. */
public final class FutureCheckpointException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public FutureCheckpointException(String message) {
        super(Status.FUTURE, message);
    }
}
