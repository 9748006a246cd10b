/** What {@code ddict run} is made of: the head program, and the signals that it is sent. */
@NullMarked
package io.ddict.manager.tools.run;

import org.jspecify.annotations.NullMarked;
