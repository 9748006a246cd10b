package io.ddict.manager.tools.node;

import io.ddict.manager.NodeService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/*
 * Before there is a service, the thread that starts it is interrupted: it waits for other machines then, and
 * gives back what it made.
 */

/** Has a service leave its cluster and stop when this process is told to end, until closed. */
public final class StopSignals implements AutoCloseable {
    private static final List<String> NAMES = List.of("INT", "TERM");

    private final Map<String, Object> earlier = new HashMap<>();
    private final Thread starter = Thread.currentThread();
    private @Nullable NodeService service;
    private boolean wasTold;

    /** Takes signals from now on, for the thread that calls this and is to start the service. */
    public StopSignals() {
        for (String name : NAMES) {
            earlier.put(name, Signals.register(name, this::take));
        }
    }

    /** Stops this service from now on, if a signal came before, too. */
    public void to(NodeService started) {
        boolean isLate;
        synchronized (this) {
            service = started;
            isLate = wasTold;
        }
        // An interrupt that came too late must not meet the end of the service.
        boolean _ = Thread.interrupted();
        if (isLate) {
            started.leave();
        }
    }

    /** Whether this process was told to end. */
    public synchronized boolean wasTold() {
        return wasTold;
    }

    private void take() {
        NodeService started;
        synchronized (this) {
            wasTold = true;
            started = service;
            if (started == null) {
                starter.interrupt();
            }
        }
        if (started != null) {
            started.leave();
        }
    }

    @Override
    public void close() {
        earlier.forEach(Signals::unregister);
    }
}
