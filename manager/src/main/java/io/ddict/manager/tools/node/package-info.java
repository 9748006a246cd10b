/**
 * What {@code ddict node} is made of: how a service that is started by hand finds its cluster, and how others
 * see that it belongs to it.
 */
@NullMarked
package io.ddict.manager.tools.node;

import org.jspecify.annotations.NullMarked;
