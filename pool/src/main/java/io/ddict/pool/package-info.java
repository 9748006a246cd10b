/**
 * Compute workers: processes that are started by the node services and that are themselves clients.
 * Tasks, queues and results live in dictionaries.
 */
@NullMarked
package io.ddict.pool;

import org.jspecify.annotations.NullMarked;
