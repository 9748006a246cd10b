package io.ddict.manager.gateway;

/** Handles what node services ask each other. */
public interface ControlHandler {
    /**
     * Handles a request; may block. Called by several threads at once, and in no particular order.
     *
     * @param request what a {@code ControlClient} was called with
     * @return the reply, at most {@code ControlClient.LENGTH_MAX} bytes; an exception's text is sent instead
     */
    byte[] handle(byte[] request);
}
