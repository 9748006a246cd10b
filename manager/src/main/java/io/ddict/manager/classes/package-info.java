/**
 * What this node has of the class paths of programs on other nodes. They send it in pieces, each <i>entry</i>
 * once for all processes here; it is kept by its hash, in the cluster's directory, and goes with that.
 */
@NullMarked
package io.ddict.manager.classes;

import org.jspecify.annotations.NullMarked;
