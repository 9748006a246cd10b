package io.ddict.client;

/** No memory, or no entry, is left for a write; the text has the figures. The old value is kept. */
public final class DDictFullException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public DDictFullException(String message) {
        super(Status.FULL, message);
    }
}
