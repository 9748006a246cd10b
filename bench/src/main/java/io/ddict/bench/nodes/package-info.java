/**
 * Where the benchmark's processes run, if it has several nodes: those of the {@code ddict run} that it is
 * in.
 *
 * <p>Terms:
 * <dl>
 * <dt>place</dt><dd>which nodes a run uses: for the dictionary and its clients, or one for the stores
 * alone.</dd>
 * <dt>child</dt><dd>a process that this one started, on whichever node, and talks to by lines.</dd>
 * </dl>
 */
@NullMarked
package io.ddict.bench.nodes;

import org.jspecify.annotations.NullMarked;
