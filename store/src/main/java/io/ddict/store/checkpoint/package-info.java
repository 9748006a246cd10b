/**
 * Which versions each held checkpoint sees, as sets of ordinals in the manager's heap. Derived state:
 * a successor makes it anew from the versions themselves. The manager's thread owns it.
 *
 * <p>The <em>window</em> is the checkpoints held, oldest to newest. A version is <em>live</em> at those
 * of them that see its value. One that is live at none waits as a candidate until nothing posted can
 * concern it any more, which is when a SEAL is reached; then it is pruned.
 */
@NullMarked
package io.ddict.store.checkpoint;

import org.jspecify.annotations.NullMarked;
