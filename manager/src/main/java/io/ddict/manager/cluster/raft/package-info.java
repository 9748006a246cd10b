/**
 * A replicated log among a few peers: Apache Ratis, spoken over somebody else's connections. No other
 * package knows of Ratis, and none of its classes is loaded before {@link RaftNode} is.
 */
@NullMarked
package io.ddict.manager.cluster.raft;

import org.jspecify.annotations.NullMarked;
