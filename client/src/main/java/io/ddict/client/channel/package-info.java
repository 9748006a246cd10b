/**
 * What lies between a client and one manager. A channel reads and writes one shard; the dictionary
 * above it hashes keys and picks the channel. Implementations: {@code shm}, for a manager on the same
 * node.
 */
@NullMarked
package io.ddict.client.channel;

import org.jspecify.annotations.NullMarked;
