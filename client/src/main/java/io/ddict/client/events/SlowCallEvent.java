package io.ddict.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/*
 * A call begins one when it starts to nap, some 50 us after it began to wait: so the waits that are
 * common, which end while it spins or yields, know nothing of it. It is as long as the nap.
 */

/** A call had to wait for long; a call that waits for several things, one after the other, has several. */
@Name("io.ddict.SlowCall")
@Label("Slow Call")
@Category("DDict")
@Description("A call waited: for its manager, for readers, or for other threads of its process")
@Threshold("10 ms")
public final class SlowCallEvent extends Event {
    @Label("Waited For")
    String waitedFor = "";

    @Label("Pool")
    @Description("Directory of the manager's memory pool, or the cluster")
    String pool = "";

    @Label("Manager")
    @Description("Number of the manager, or -1")
    int manager = -1;

    private SlowCallEvent() {}

    /** Begins one, or returns null while nobody records. */
    static @Nullable SlowCallEvent begun() {
        SlowCallEvent event = new SlowCallEvent();
        if (!event.isEnabled()) {
            return null;
        }
        event.begin();
        return event;
    }

    /** Ends it; it is recorded if it took as long as the recording asks for. */
    public void end(String waitedForNow, String poolNow, int managerNow) {
        end();
        if (shouldCommit()) {
            waitedFor = waitedForNow;
            pool = poolNow;
            manager = managerNow;
            commit();
        }
    }
}
