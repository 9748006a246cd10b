/**
 * What processes share to work together: queues, locks, semaphores, barriers, events, values. Each is
 * state in a dictionary, found by its name from any process of a cluster, and may be given to others as
 * an argument. Waiting is the manager's: nobody polls, and nobody waits for a process that has died.
 */
@NullMarked
package io.ddict.pool.sync;

import org.jspecify.annotations.NullMarked;
