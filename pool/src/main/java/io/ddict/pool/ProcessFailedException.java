package io.ddict.pool;

import org.jspecify.annotations.Nullable;

/**
 * A process has no result. If its Java code threw something, that is the cause: a {@link RemoteFailure}
 * with the stack trace of the process.
 */
public final class ProcessFailedException extends RuntimeException {
    private final int exitCode;

    ProcessFailedException(String message, int exitCode, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /**
     * The process's exit code; 128 and the signal's number if one ended it; -1 if none is known, as an
     * MPI group failed before a process did.
     */
    public int exitCode() {
        return exitCode;
    }
}
