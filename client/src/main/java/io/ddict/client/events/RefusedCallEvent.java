package io.ddict.client.events;

import io.ddict.client.DDictException;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;

/** A call was refused: the dictionary is full or frozen, the checkpoint is not held, or time was over. */
@Name("io.ddict.RefusedCall")
@Label("Refused Call")
@Category("DDict")
@Description("A call was refused: full, frozen, retired, future, or time over")
@Throttle("200/s")
public final class RefusedCallEvent extends Event {
    @Label("Status")
    String status = "";

    @Label("Pool")
    @Description("Directory of the manager's memory pool")
    String pool = "";

    @Label("Manager")
    int manager;

    @Label("Message")
    String message = "";

    private RefusedCallEvent() {}

    /** Records that a call is refused, if somebody records. */
    static void record(DDictException refusal, String pool, int manager) {
        RefusedCallEvent event = new RefusedCallEvent();
        if (event.shouldCommit()) {
            event.status = refusal.status().name();
            event.pool = pool;
            event.manager = manager;
            event.message = String.valueOf(refusal.getMessage());
            event.commit();
        }
    }
}
