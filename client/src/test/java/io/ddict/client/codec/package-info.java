/** Tests of keys and values as bytes. */
@NullMarked
package io.ddict.client.codec;

import org.jspecify.annotations.NullMarked;
