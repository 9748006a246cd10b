/** What benchmarks need of this package and what it keeps to itself. */
@NullMarked
package io.ddict.client.channel.shm;

import org.jspecify.annotations.NullMarked;
