/**
 * The control group: what all nodes of a cluster agree on, and who still belongs to it.
 *
 * <p>A <em>member</em> is one life of a node service; it has a number that is never given again. Some
 * members are <em>peers</em>: they keep the {@link io.ddict.manager.cluster.ClusterState} in a
 * replicated log, one of them <em>leads</em>. Every member, peer or not, <em>beats</em> to the leader and
 * holds a <em>lease</em> as long as it is answered. A member whose lease is over is marked dead in the
 * log, and never lives again; its node may join as a new member.
 */
@NullMarked
package io.ddict.manager.cluster;

import org.jspecify.annotations.NullMarked;
