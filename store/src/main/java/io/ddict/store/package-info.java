/**
 * The owner's side of a memory pool: one thread allocates, commits, frees and recovers.
 *
 * <p>Terms: an <em>extent</em> is a run of pages of the data file; a <em>slab</em> is an extent cut
 * into records of one size class; a <em>block</em> is an extent that holds one large record. What
 * is allocated is derived state, kept in the owner's heap and rebuilt from the entries after a
 * crash.
 */
@NullMarked
package io.ddict.store;

import org.jspecify.annotations.NullMarked;
