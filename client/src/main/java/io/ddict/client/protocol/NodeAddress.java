package io.ddict.client.protocol;

/** Where a node service is reached from other nodes: a host's name or address, and a port. */
public record NodeAddress(String host, int port) {}
