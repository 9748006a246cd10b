package io.ddict.client;

/** The dictionary is read-only; nothing was changed. */
public final class FrozenException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public FrozenException(String message) {
        super(Status.FROZEN, message);
    }
}
