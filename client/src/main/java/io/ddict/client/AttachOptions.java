package io.ddict.client;

import io.ddict.client.codec.Codecs;
import java.time.Duration;

/**
 * What an attaching process chooses for its own handle.
 *
 * @param timeout longest wait of a blocking call; {@link Duration#ZERO} does not wait
 * @param codecs how keys and values become bytes
 */
public record AttachOptions(Duration timeout, Codecs codecs) {
    /** 10 s, and the codecs by type. */
    public static final AttachOptions DEFAULTS =
            new AttachOptions(Duration.ofSeconds(10), Codecs.standard());

    /** Checks the range. */
    public AttachOptions {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: timeout=" + timeout);
        }
    }
}
