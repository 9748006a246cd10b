/**
 * Flame graphs of what a JVM does, by async-profiler: its library is taken out of a jar into a
 * folder of its own for as long as it is used.
 */
@NullMarked
package io.ddict.bench.profile;

import org.jspecify.annotations.NullMarked;
