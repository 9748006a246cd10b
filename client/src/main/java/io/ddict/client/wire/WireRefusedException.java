package io.ddict.client.wire;

import io.ddict.client.protocol.Handshake.Refusal;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One of the two ends of a connection refuses the other. */
public final class WireRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;
    private final @Nullable String detail;

    WireRefusedException(Refusal refusal, String detail, Throwable cause) {
        super(refusal.phrase() + ": " + detail, cause);
        this.refusal = refusal;
        this.detail = detail;
    }

    /** For a reason that needs no more words. */
    public WireRefusedException(Refusal refusal) {
        super(refusal.phrase());
        this.refusal = refusal;
        this.detail = null;
    }

    /** Why. */
    public Refusal refusal() {
        return refusal;
    }

    /** What TLS says about it; null if it says nothing. */
    public @Nullable String detail() {
        return detail;
    }
}
