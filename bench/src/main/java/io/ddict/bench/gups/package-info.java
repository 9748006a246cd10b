/**
 * The workload: what one client process does to a store, and how it knows that the store was right.
 *
 * <p>Terms:
 * <dl>
 * <dt>phase</dt><dd>one kind of operation, done over and over by all clients at once.</dd>
 * <dt>round</dt><dd>one timed run of a phase; all clients start at the same moment.</dd>
 * <dt>own keys</dt><dd>the keys that one client writes; all clients read all keys.</dd>
 * <dt>hot set</dt><dd>the few keys that fit a core's cache together with their values.</dd>
 * <dt>stamp</dt><dd>first and last eight bytes of a value: the key's number and how often it was
 * written.</dd>
 * </dl>
 */
@NullMarked
package io.ddict.bench.gups;

import org.jspecify.annotations.NullMarked;
