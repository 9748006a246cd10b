/**
 * What a client and a node service say to each other over the session socket: creating, attaching and
 * ending, never data. One frame is a length and a body; the body's first fields are the request's
 * number and its kind or outcome. The socket's end of file is how each learns of the other's death.
 */
@NullMarked
package io.ddict.client.protocol;

import org.jspecify.annotations.NullMarked;
