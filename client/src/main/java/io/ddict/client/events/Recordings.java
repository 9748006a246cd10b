package io.ddict.client.events;

import io.ddict.client.DDictException;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/*
 * The first event class that a JVM loads costs a quarter of a second, as Flight Recorder rewrites it and
 * loads itself for that. So none is touched before somebody has made a recording; whoever makes events
 * asks here.
 */

/** Makes events, if this process was ever recorded. Safe from any thread. */
public final class Recordings {
    private Recordings() {}

    /** Whether a recording was ever made in this process; only then may event classes be touched. */
    public static boolean areOn() {
        return FlightRecorder.isInitialized();
    }

    /** Begins the event of a call that waits, or returns null while nobody records. */
    public static @Nullable SlowCallEvent slowCall() {
        return areOn() ? SlowCallEvent.begun() : null;
    }

    /** Records that a call is refused, if somebody records. */
    public static void refused(DDictException refusal, String pool, int manager) {
        if (areOn()) {
            RefusedCallEvent.record(refusal, pool, manager);
        }
    }
}
