/** What the channel over TCP adds to bare sockets, measured beside them in one run. */
@NullMarked
package io.ddict.bench.wire;

import org.jspecify.annotations.NullMarked;
