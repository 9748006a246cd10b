/**
 * The gateway: where a node service is connected to from other machines. To the managers it is one more
 * client on their machine. A connection is served by one event loop, and begins with the handshake; what
 * follows depends on its kind: a bridge to the session socket, operations on shards, or requests for the
 * control service.
 *
 * <p>Netty's types stay in this package, which is loaded only by services that listen.
 */
@NullMarked
package io.ddict.manager.gateway;

import org.jspecify.annotations.NullMarked;
