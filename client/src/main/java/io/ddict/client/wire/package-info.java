/**
 * What carries the bytes of a connection to another machine: a socket as it is, or with TLS between it and
 * who uses it. A wire belongs to its connection; one thread at a time reads it, and one at a time writes it.
 */
@NullMarked
package io.ddict.client.wire;

import org.jspecify.annotations.NullMarked;
