/**
 * JMH benchmarks of the parts: what one step of a put or get costs when nothing else happens, and how
 * many bytes of garbage it leaves. Run by {@link io.ddict.bench.jmh.Main}.
 */
@NullMarked
package io.ddict.bench.jmh;

import org.jspecify.annotations.NullMarked;
