package io.ddict.manager.cluster;

import io.ddict.client.protocol.NodeAddress;

/**
 * The node service that takes part.
 *
 * @param host name of its machine
 * @param address where other nodes reach it
 * @param processId its process on that machine
 */
public record ControlMember(String host, NodeAddress address, long processId) {}
