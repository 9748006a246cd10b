/**
 * One manager at work: an agent thread that drains the posting ring of its pool in batches, applies
 * the operations, answers those that want an answer, and sleeps when there is nothing to do.
 *
 * <p>Terms: a <em>link</em> is what one client and this manager share; a <em>waiter</em> is a request
 * whose answer has to wait for a write. Everything here belongs to the agent's thread, except what
 * {@link io.ddict.manager.serving.Manager} says is safe from others.
 */
@NullMarked
package io.ddict.manager.serving;

import org.jspecify.annotations.NullMarked;
