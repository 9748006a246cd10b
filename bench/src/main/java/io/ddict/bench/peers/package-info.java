/**
 * The stores that are measured, each behind the same small interface, and the keys they are given.
 *
 * <p>Terms:
 * <dl>
 * <dt>peer</dt><dd>a kind of store: DDict itself, another product, or a limit of the machine.</dd>
 * <dt>service</dt><dd>one store of a peer, made by the benchmark's parent process and gone when it
 * closes it; clients find it by its address.</dd>
 * <dt>store</dt><dd>what one client process has of a service; one thread uses it.</dd>
 * <dt>limit</dt><dd>a peer that is no product: it does the least that any store has to do.</dd>
 * </dl>
 */
@NullMarked
package io.ddict.bench.peers;

import org.jspecify.annotations.NullMarked;
