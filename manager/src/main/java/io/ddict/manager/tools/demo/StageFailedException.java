package io.ddict.manager.tools.demo;

import io.ddict.client.DDictException;
import org.jspecify.annotations.Nullable;

/** A process of a stage failed. */
public final class StageFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final DDictException.@Nullable Status status;
    private final String output;

    StageFailedException(String message, DDictException.@Nullable Status status, String output) {
        super(message);
        this.status = status;
        this.output = output;
    }

    /** The status of the dictionary's refusal, if it was one. */
    public DDictException.@Nullable Status status() {
        return status;
    }

    /** What the process printed; several lines. */
    public String output() {
        return output;
    }
}
