/** What benchmarks need of this package and what it keeps to itself. */
@NullMarked
package io.ddict.store;

import org.jspecify.annotations.NullMarked;
