package io.ddict.pool.sync;

import io.ddict.client.DDictTimeoutException;
import java.time.Duration;

/**
 * A flag that processes wait for. Whoever waits when it is set goes on, also if it is cleared right after.
 * Safe from any thread; may be given to other processes.
 */
public final class DEvent extends Named {
    private static final long serialVersionUID = 1L;

    private DEvent(String name) {
        super("event", name);
    }

    /** A new one, not set. */
    public static DEvent create() {
        return new DEvent(SyncSpace.newName());
    }

    /** The one of a name, in this program's cluster; not set unless somebody has. */
    public static DEvent of(String name) {
        return new DEvent(name);
    }

    /** Sets the flag; whoever waits goes on. */
    public void set() {
        space().dict().put(key(), 1L);
    }

    /** Clears the flag. */
    public void clear() {
        space().dict().put(key(), 0L);
    }

    /** Whether it is set. */
    public boolean isSet() {
        return space().counter(key()).get() != 0;
    }

    /** Waits until it is set; false if it was not in time. */
    public boolean await(Duration timeout) throws InterruptedException {
        try {
            long _ = space().counter(key()).addWithin(0, 1, Long.MAX_VALUE, 0, timeout);
            return true;
        } catch (DDictTimeoutException e) {
            return false;
        }
    }
}
