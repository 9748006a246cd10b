/**
 * Persisted checkpoints: from a manager's memory to wherever a {@link
 * io.ddict.manager.persist.Persister} keeps them, and back.
 *
 * <p>A checkpoint is one stream for each manager, in blocks with a checksum each. It counts once every
 * manager's is there. Nothing that is there is ever changed: streams appear whole, and go.
 *
 * <p>Beside them, for a dictionary that is durable {@link io.ddict.manager.persist.Continuous
 * continuously}, a table of records for each manager, into which what changes is copied in rounds.
 */
@NullMarked
package io.ddict.manager.persist;

import org.jspecify.annotations.NullMarked;
