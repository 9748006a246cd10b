package io.ddict.client.channel;

import io.ddict.client.DDictException;
import org.jspecify.annotations.Nullable;

/** Puts of a batch that went to a manager, whose outcome may still be on its way. One thread. */
public interface SentPuts {
    /** Those that are stored. */
    SentPuts STORED = new Known(null);

    /** Those whose outcome is known. */
    static SentPuts known(@Nullable DDictException failure) {
        return failure == null ? STORED : new Known(failure);
    }

    /** Whether {@link #await} waits for nobody. */
    boolean isKnown();

    /**
     * Waits for the outcome, as long as who sent them would. To be called once, or {@link #giveUp}.
     *
     * @return of one put, why it was refused; of several, why those were refused that were not refused for
     *     themselves; or null
     */
    @Nullable DDictException await();

    /** Waits for no outcome any more; what it will be is unknown. */
    void giveUp();

    /**
     * An outcome that is known.
     *
     * @param failure as {@link #await} returns it
     */
    record Known(@Nullable DDictException failure) implements SentPuts {
        @Override
        public boolean isKnown() {
            return true;
        }

        @Override
        public @Nullable DDictException await() {
            return failure;
        }

        @Override
        public void giveUp() {
            // There is nothing to wait for.
        }
    }
}
