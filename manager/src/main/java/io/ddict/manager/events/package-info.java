/** Events of JDK Flight Recorder that the node service makes; they cost nothing while nobody records. */
@NullMarked
package io.ddict.manager.events;

import org.jspecify.annotations.NullMarked;
