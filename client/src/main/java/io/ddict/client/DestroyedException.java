package io.ddict.client;

/** The dictionary was destroyed, or is not there. */
public final class DestroyedException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public DestroyedException(String message) {
        super(Status.DESTROYED, message);
    }
}
