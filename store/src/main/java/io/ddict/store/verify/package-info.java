/**
 * The checker of a memory pool: reads the files of a pool at rest and tells what in them breaks an
 * invariant. It shares no code with what it checks, but for the layouts; tests and tools call it,
 * no agent does.
 */
@NullMarked
package io.ddict.store.verify;

import org.jspecify.annotations.NullMarked;
