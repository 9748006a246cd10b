package io.ddict.manager.tools.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/*
 * A terminal's Ctrl-C is sent to every process in the foreground, so to the program as well as to us: it
 * must not get it twice. All else is for us alone, and passed on. What comes before there is a process
 * is passed on when there is one.
 */

/** Passes the signals that this process is sent on to another, until closed. */
public final class ForwardedSignals implements AutoCloseable {
    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    private static final int STAT_GROUP = 2;
    private static final int STAT_TERMINAL_GROUP = 5;

    private final Map<String, Object> earlier = new HashMap<>();
    private final List<String> early = new ArrayList<>();
    private @Nullable Process target;

    /** Takes signals from now on. */
    public ForwardedSignals() {
        for (String name : NAMES) {
            earlier.put(name, Signals.register(name, () -> take(name)));
        }
    }

    /** Passes on to this process, what came already first. */
    public synchronized void to(Process process) {
        target = process;
        early.forEach(each -> send(process, each));
        early.clear();
    }

    private synchronized void take(String signal) {
        Process process = target;
        if (process == null) {
            early.add(signal);
        } else if (!signal.equals("INT") || !isInForeground()) {
            send(process, signal);
        }
    }

    private static void send(Process process, String signal) {
        if (signal.equals("TERM")) {
            process.destroy();
            return;
        }
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            process.destroy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a terminal sends its signals to this process's group. */
    private static boolean isInForeground() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[STAT_GROUP].equals(fields[STAT_TERMINAL_GROUP]);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        earlier.forEach(Signals::unregister);
    }
}
