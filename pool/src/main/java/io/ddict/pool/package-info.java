/**
 * Computing: processes that a node service starts, alone or as groups, placed by policies, and that are
 * themselves clients. A <i>template</i> says what to start, a <i>policy</i> where. A process ends with the
 * program that started it, and with the node service, however these end.
 *
 * <p>{@code Process} and {@code System} here are not those of {@code java.lang}: import them by name.
 */
@NullMarked
package io.ddict.pool;

import org.jspecify.annotations.NullMarked;
