package io.ddict.pool;

/** A task of a pool threw something; the cause says what and where, as the worker's own stack trace. */
public final class PoolTaskException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int index;

    PoolTaskException(int index, RemoteFailure cause) {
        super("task failed: index=" + index + ", thrown=" + cause.getMessage(), cause);
        this.index = index;
    }

    /** Place of the task's argument in what was given to the pool; 0 for a task without. */
    public int index() {
        return index;
    }
}
