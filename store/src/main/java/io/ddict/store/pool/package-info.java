/**
 * The memory pool of one manager: slabs, blocks, records and hints in shared memory, reached through
 * {@link java.lang.foreign.MemorySegment} only. Clients read it in place, so it depends on nothing but
 * the JDK; one manager thread changes it.
 */
@NullMarked
package io.ddict.store.pool;

import org.jspecify.annotations.NullMarked;
