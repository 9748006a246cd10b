package io.ddict.client;

/** A call did not end within its time; the outcome of a write is unknown. */
public final class DDictTimeoutException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public DDictTimeoutException(String message) {
        super(Status.TIMEOUT, message);
    }
}
