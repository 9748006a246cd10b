package io.ddict.client;

import io.ddict.client.codec.Codecs;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an attaching process chooses for its own handle.
 *
 * @param timeout longest wait of a blocking call; {@link Duration#ZERO} does not wait
 * @param codecs how keys and values become bytes
 * @param placement the function that the dictionary was created with; null if keys go by their hash
 */
public record AttachOptions(Duration timeout, Codecs codecs, @Nullable Placement placement) {
    /** 10 s, and the codecs by type. */
    public static final AttachOptions DEFAULTS =
            new AttachOptions(Duration.ofSeconds(10), Codecs.standard());

    /** Checks the range. */
    public AttachOptions {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: timeout=" + timeout);
        }
    }

    /** For a dictionary whose keys go by their hash. */
    public AttachOptions(Duration timeout, Codecs codecs) {
        this(timeout, codecs, null);
    }

    /** The same, for a dictionary that was created with a placement. */
    public AttachOptions withPlacement(Placement placement) {
        return new AttachOptions(timeout, codecs, placement);
    }
}
