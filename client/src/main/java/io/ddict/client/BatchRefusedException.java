package io.ddict.client;

import org.jspecify.annotations.Nullable;

/** A batch was closed, and some of its keys were refused; the status is that of the first of them. */
public final class BatchRefusedException extends DDictException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable BatchResult<?> result;

    /** Makes one of a result in which keys were refused. */
    public BatchRefusedException(BatchResult<?> result) {
        super(first(result).status(), text(result), first(result));
        this.result = result;
        noteCallOf(first(result));
    }

    /** What became of the batch; null in an exception that was serialized. */
    public @Nullable BatchResult<?> result() {
        return result;
    }

    private static DDictException first(BatchResult<?> result) {
        return result.refused().getFirst().cause();
    }

    private static String text(BatchResult<?> result) {
        return "keys of a batch were refused: refused="
                + result.refused().size()
                + ", stored="
                + result.stored()
                + ", the first: "
                + first(result).getMessage();
    }
}
