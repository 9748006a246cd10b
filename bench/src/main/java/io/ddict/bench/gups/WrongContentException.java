package io.ddict.bench.gups;

/** A store returned something else than what was put into it: the run is worth nothing. */
public final class WrongContentException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes one. */
    public WrongContentException(String message) {
        super(message);
    }
}
