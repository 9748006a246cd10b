package io.ddict.client;

/** The manager that owns the key ended; the outcome of a write that waited is unknown. */
public final class ManagerLostException extends DDictException {
    private static final long serialVersionUID = 1L;

    /** Makes one with its text. */
    public ManagerLostException(String message) {
        super(Status.MANAGER_LOST, message);
    }
}
