package io.ddict.manager.cluster.raft;

import io.ddict.client.protocol.NodeAddress;

/**
 * A peer: its number, never given to another, and where it is reached.
 *
 * @param number at least 1
 */
public record RaftPlace(int number, NodeAddress address) {}
