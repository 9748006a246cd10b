/**
 * What a program sees of a distributed dictionary. A client posts writes into the owning manager's ring
 * and reads the memory pool in place; it needs no JVM flags.
 */
@NullMarked
package io.ddict.client;

import org.jspecify.annotations.NullMarked;
