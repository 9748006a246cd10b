/**
 * The channel to a manager on another machine, over TCP. One connection for each process and node service
 * carries the calls of all threads on all shards there; a call is a frame, and its reply is another. There
 * is no thread for it: of the callers that wait for replies one reads for all.
 */
@NullMarked
package io.ddict.client.channel.tcp;

import org.jspecify.annotations.NullMarked;
