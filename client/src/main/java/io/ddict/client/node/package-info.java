/**
 * The node service as its clients see it: how to reach one, and how an embedded program starts its
 * own.
 */
@NullMarked
package io.ddict.client.node;

import org.jspecify.annotations.NullMarked;
