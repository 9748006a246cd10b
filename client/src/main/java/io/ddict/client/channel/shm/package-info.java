/**
 * The channel to a manager on the same node: reads in place, posted writes.
 *
 * <p>{@link io.ddict.client.channel.shm.ShardReader} finds and copies records without asking anybody;
 * {@link io.ddict.client.channel.shm.ShardWriter} stages operations and publishes them;
 * {@link io.ddict.client.channel.shm.ShmChannel} is the two together. All of it runs on the caller's
 * thread.
 */
@NullMarked
package io.ddict.client.channel.shm;

import org.jspecify.annotations.NullMarked;
