package io.ddict.pool;

/** A task was not done, because the workers that ran it died, or none came up at all. */
public final class WorkerLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WorkerLostException(String message) {
        super(message);
    }
}
