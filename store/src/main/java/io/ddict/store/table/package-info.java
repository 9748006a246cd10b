/**
 * The key table of one manager: a Chronicle Map from the 64-bit hash of a key to the ordinal of its entry.
 * Only the node service loads it, and Chronicle types stay inside.
 */
@NullMarked
package io.ddict.store.table;

import org.jspecify.annotations.NullMarked;
