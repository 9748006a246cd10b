package io.ddict.manager.tools;

import io.ddict.client.DDictException;
import io.ddict.client.codec.CodecException;
import io.ddict.manager.tools.demo.StageFailedException;
import org.jspecify.annotations.Nullable;

/** How the command ends. The numbers are its contract with scripts: appended, never reused. */
final class ExitCodes {
    static final int OK = 0;

    /** The key is absent, the verifier found violations, or a check failed. */
    static final int NEGATIVE = 1;

    static final int USAGE = 2;
    static final int UNAVAILABLE = 3;
    static final int FULL = 4;
    static final int TIMEOUT = 5;
    static final int MANAGER_LOST = 6;
    static final int FAILURE = 70;

    private ExitCodes() {}

    /** The code for what a command threw. */
    static int of(Throwable thrown) {
        return switch (thrown) {
            case DDictException refused -> of(refused.status());
            case StageFailedException failed -> of(failed.status());
            // Bytes that this process cannot read; every other bad argument is the caller's mistake.
            case CodecException _ -> FAILURE;
            case IllegalArgumentException _ -> USAGE;
            default -> FAILURE;
        };
    }

    private static int of(DDictException.@Nullable Status status) {
        return switch (status) {
            case null -> FAILURE;
            case UNAVAILABLE, DESTROYED, NOT_PERSISTED -> UNAVAILABLE;
            case FULL -> FULL;
            case TIMEOUT -> TIMEOUT;
            case MANAGER_LOST -> MANAGER_LOST;
            case FROZEN, TYPE, DAMAGED, RETIRED, FUTURE, INVALID_OPERATION -> FAILURE;
        };
    }
}
