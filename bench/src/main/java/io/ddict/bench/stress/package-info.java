/**
 * Stress tests of the few places where two processes meet without a lock: the ring's compare-and-set,
 * the posting marks, the generation of an entry, and the hand-shake of sleep and wake. Run by jcstress;
 * each states the outcomes that are possible and those that would be a bug.
 */
@NullMarked
package io.ddict.bench.stress;

import org.jspecify.annotations.NullMarked;
