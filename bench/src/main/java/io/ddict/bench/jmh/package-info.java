/**
 * JMH benchmarks of the parts: what one step of a put or get costs when nothing else happens, and
 * how many bytes of garbage it leaves. Run by {@link io.ddict.bench.jmh.PartsCommand}. Those of
 * classes that a package keeps to itself lie in a package of the same name.
 */
@NullMarked
package io.ddict.bench.jmh;

import org.jspecify.annotations.NullMarked;
