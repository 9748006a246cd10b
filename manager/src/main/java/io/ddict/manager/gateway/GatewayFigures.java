package io.ddict.manager.gateway;

/**
 * What a gateway has counted.
 *
 * @param open connections that are open and past the handshake
 * @param accepted connections that got past it so far
 * @param refused connections that were refused: another secret, cluster or version, or nonsense
 * @param unfinished connections that did not end the handshake in time, or gave way to newer ones
 * @param malformed connections that were ended because of a frame that nobody sends
 */
public record GatewayFigures(
        long open, long accepted, long refused, long unfinished, long malformed) {}
