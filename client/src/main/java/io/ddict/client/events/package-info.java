/**
 * Events of JDK Flight Recorder that a client makes. They cost nothing while nobody records: they are
 * made where a call has waited for long already, or is refused, and by {@link
 * io.ddict.client.events.Recordings} only.
 */
@NullMarked
package io.ddict.client.events;

import org.jspecify.annotations.NullMarked;
