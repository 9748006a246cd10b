/**
 * The limits of the machine: what a copy, an access and a round trip cost with nothing around them, so
 * that every other figure has its ceiling.
 *
 * <p>Terms:
 * <dl>
 * <dt>piece</dt><dd>bytes that are copied, or written to a socket, at once.</dd>
 * <dt>round trip</dt><dd>a message of the length of a key and a value of eight bytes to another
 * process, and one of the same length back.</dd>
 * <dt>stream</dt><dd>pieces written to another process one after the other, until it has read all.</dd>
 * </dl>
 */
@NullMarked
package io.ddict.bench.limits;

import org.jspecify.annotations.NullMarked;
