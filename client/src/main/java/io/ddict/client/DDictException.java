package io.ddict.client;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
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

    private static final int UNKNOWN = -1;

    private final Status status;
    private long keyHash;
    private boolean hasKeyHash;
    private int manager = UNKNOWN;
    private long elapsedNs = UNKNOWN;

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

    /** Hash of the key that the call was about; empty if it was about none, or all, or is not known. */
    public final OptionalLong keyHash() {
        return hasKeyHash ? OptionalLong.of(keyHash) : OptionalLong.empty();
    }

    /** The manager, and so the shard, that the call went to; empty if it went to the node service. */
    public final OptionalInt manager() {
        return manager == UNKNOWN ? OptionalInt.empty() : OptionalInt.of(manager);
    }

    /**
     * How long the call had been waiting for its manager, zero if it was refused at once; empty where
     * {@link #manager} is.
     */
    public final Optional<Duration> elapsed() {
        return elapsedNs == UNKNOWN ? Optional.empty() : Optional.of(Duration.ofNanos(elapsedNs));
    }

    /** Notes which call failed; for who makes the error, before it is thrown. */
    public final void noteCall(OptionalLong hash, int number, Duration waited) {
        hasKeyHash = hash.isPresent();
        keyHash = hash.orElse(0);
        manager = number;
        elapsedNs = waited.toNanos();
    }

    /** Notes that it is about the call of another error. */
    final void noteCallOf(DDictException other) {
        hasKeyHash = other.hasKeyHash;
        keyHash = other.keyHash;
        manager = other.manager;
        elapsedNs = other.elapsedNs;
    }
}
