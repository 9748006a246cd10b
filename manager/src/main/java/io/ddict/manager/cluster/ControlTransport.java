package io.ddict.manager.cluster;

import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.time.Duration;

/** Carries a request to another node's {@link ControlGroup#handle} and its reply back. */
public interface ControlTransport {
    /**
     * Sends a request and waits for its reply; safe from any thread, and several may call at once. The
     * other side may have handled the request even if this fails.
     *
     * @throws IOException if there was no reply within the timeout
     */
    byte[] call(NodeAddress to, byte[] request, Duration timeout) throws IOException;
}
