package io.ddict.client;

import org.jspecify.annotations.Nullable;

/** A call on a dictionary failed; the sub-classes are those a caller may want to catch apart. */
public class DDictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why; append only. */
    public enum Status {
        /** No memory or entry is left. */
        FULL,
        /** The time was over. */
        TIMEOUT,
        /** The manager ended. */
        MANAGER_LOST,
        /** The dictionary is read-only. */
        FROZEN,
        /** The dictionary is gone. */
        DESTROYED,
        /** The value is not of the type that the call works on. */
        TYPE,
        /** The node service could not be started or reached. */
        UNAVAILABLE,
        /** The memory pool or an answer is damaged. */
        DAMAGED,
        /** The handle's checkpoint is older than those that are held. */
        RETIRED,
        /** The handle's checkpoint cannot be reached yet. */
        FUTURE,
        /** No checkpoint of that number is persisted. */
        NOT_PERSISTED,
        /** The handle is in the middle of something that the call would upset. */
        INVALID_OPERATION
    }

    private final Status status;

    /** Makes one with its status and text. */
    public DDictException(Status status, String message) {
        super(message);
        this.status = status;
    }

    /** Makes one with its cause. */
    public DDictException(Status status, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** Why the call failed. */
    public Status status() {
        return status;
    }
}
