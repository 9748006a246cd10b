package io.ddict.client;

import io.ddict.client.codec.Codecs;
import java.io.NotSerializableException;
import java.io.Serializable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/*
 * Only what names the dictionary travels, and what the sender's handle has of its own: the receiver
 * attaches anew, and gets links of its own.
 */

/**
 * A handle on its way to another process by Java serialization.
 *
 * @param manager the manager that its calls go to; {@link #ALL} if it is the dictionary's
 * @param timeToLiveMs of values that are stored by it; 0 for ever
 */
record SerializedHandle(
        String text,
        int manager,
        long checkpoint,
        long timeoutNs,
        long timeToLiveMs,
        Codecs codecs,
        @Nullable Placement placement) implements Serializable {
    /** Every manager. */
    static final int ALL = -1;

    /** A placement as it can travel. */
    static @Nullable Placement travelling(@Nullable Placement placement)
            throws NotSerializableException {
        if (placement != null && !(placement instanceof Serializable)) {
            throw new NotSerializableException(
                    "placement of a dictionary's handle cannot travel: placement="
                            + placement.name()
                            + "; let its class implement java.io.Serializable, or send"
                            + " DDict.serialize() and attach with AttachOptions.withPlacement");
        }
        return placement;
    }

    // Called by Java serialization.
    private Object readResolve() {
        Duration timeout = Duration.ofNanos(timeoutNs);
        DDict<Object, Object> handle =
                DDict.attach(text, new AttachOptions(timeout, codecs, placement));
        if (manager != ALL) {
            handle = handle.manager(manager);
        }
        handle.checkpointId(checkpoint);
        return timeToLiveMs == 0
                ? handle
                : handle.withTimeToLive(Duration.ofMillis(timeToLiveMs));
    }
}
