package io.ddict.client.node;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * A machine that is gone says nothing, not even that it is. So each connection to another machine is asked
 * a few times within the failure timeout whether anything was heard, and one that was silent every time is
 * ended. Turns are counted, and not time: a process that was itself stopped for long finds what came
 * meanwhile at its next turn, and takes nobody for dead before.
 *
 * One thread does this for all connections, as long as there are any. It never waits for one of them.
 */

/** Notices that the other ends of connections are gone. */
public final class Heartbeats {
    /** System property with the failure timeout in milliseconds, from 100 to 600,000; 3,000 unless set. */
    public static final String PROPERTY = "ddict.failure.timeout";

    /** Environment variable, used where the property is not set. */
    public static final String VARIABLE = "DDICT_FAILURE_TIMEOUT";

    /** How many silent turns in a row end a connection. */
    public static final int SILENT_TURNS_MAX = 4;

    private static final long TIMEOUT_DEFAULT_MS = 3_000;
    private static final long TIMEOUT_MIN_MS = 100;
    private static final long TIMEOUT_MAX_MS = 600_000;

    private static final Set<Beating> ALL = ConcurrentHashMap.newKeySet();
    // Guarded by the class.
    private static boolean running;

    private Heartbeats() {}

    /**
     * Within what time the end of a machine is noticed.
     *
     * @throws IllegalArgumentException if the setting is no number, or out of range
     */
    public static Duration failureTimeout() {
        String text = given();
        return text == null ? Duration.ofMillis(TIMEOUT_DEFAULT_MS) : parsed(text);
    }

    /** What this process was told, for another one, on this or another machine; null if nothing. */
    public static @Nullable String given() {
        String property = System.getProperty(PROPERTY);
        String text = property != null ? property : System.getenv(VARIABLE);
        return text == null || text.isEmpty() ? null : text;
    }

    private static Duration parsed(String text) {
        try {
            long timeoutMs = Long.parseLong(text.strip());
            if (timeoutMs >= TIMEOUT_MIN_MS && timeoutMs <= TIMEOUT_MAX_MS) {
                return Duration.ofMillis(timeoutMs);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException(
                "failure timeout is not in " + TIMEOUT_MIN_MS + ".." + TIMEOUT_MAX_MS
                        + "ms: timeout=" + text + "; see " + PROPERTY + " and " + VARIABLE);
    }

    /** Time between turns, and so between beats. */
    public static Duration interval() {
        // The last turn comes one interval late at most, when the connection broke right behind a beat.
        return failureTimeout().dividedBy(SILENT_TURNS_MAX + 1);
    }

    /** Gives a connection its turns until it wants no more. */
    public static void watch(Beating connection) {
        ALL.add(connection);
        start();
    }

    private static synchronized void start() {
        if (!running) {
            running = true;
            Thread.ofPlatform().daemon().name("ddict-heartbeats").start(Heartbeats::run);
        }
    }

    private static void run() {
        long intervalNs = interval().toNanos();
        long nextNs = System.nanoTime() + intervalNs;
        do {
            for (long leftNs = intervalNs; leftNs > 0; leftNs = nextNs - System.nanoTime()) {
                LockSupport.parkNanos(Math.min(leftNs, TimeUnit.SECONDS.toNanos(1)));
            }
            nextNs = System.nanoTime() + intervalNs;
            ALL.removeIf(each -> !each.beat());
        } while (isNeeded());
    }

    private static synchronized boolean isNeeded() {
        running = !ALL.isEmpty();
        return running;
    }

    /** A connection that is watched. */
    public interface Beating {
        /** Takes its turn, without waiting for anything; false if it has ended, and wants no more. */
        boolean beat();
    }
}
