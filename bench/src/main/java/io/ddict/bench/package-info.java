/** Benchmarks and stress programs. Each one states its question and fails if its result is wrong. */
@NullMarked
package io.ddict.bench;

import org.jspecify.annotations.NullMarked;
