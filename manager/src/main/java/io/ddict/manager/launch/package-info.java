/**
 * Processes that clients ask a node service to start. An <i>order</i> says what to start; one long-lived
 * thread, the <i>spawner</i>, starts everything; what a process writes is <i>pumped</i> to the client that
 * ordered it, as far as that has given <i>credit</i>. A process ends with that client, and with the
 * service.
 */
@NullMarked
package io.ddict.manager.launch;

import org.jspecify.annotations.NullMarked;
