/**
 * The node service. A manager owns one shard and its memory pool: one agent thread changes the shard,
 * everyone else sends it a message.
 */
@NullMarked
package io.ddict.manager;

import org.jspecify.annotations.NullMarked;
