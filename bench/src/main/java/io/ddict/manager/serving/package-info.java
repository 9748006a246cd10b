/** What benchmarks need of this package and what it keeps to itself. */
@NullMarked
package io.ddict.manager.serving;

import org.jspecify.annotations.NullMarked;
