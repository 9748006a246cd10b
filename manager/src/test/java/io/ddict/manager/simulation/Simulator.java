package io.ddict.manager.simulation;

import io.ddict.client.node.Heartbeats;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/*
 * All threads of a simulation are virtual, and this is what runs them: one at a time, on the thread that
 * called run(), each until it waits. Which one is next is drawn. So calls can wait for each other as they do
 * in a process, and still nothing happens but in an order that the seed repeats. Threads that the gateway
 * starts are run here, too: a virtual thread is run by whatever ran the one that started it.
 *
 * Time goes on a little with each look at the clock, and to the next event when nobody can go on.
 */

/** Threads, time and chance of one simulation. One thread, and those that it runs. */
final class Simulator implements Executor {
    private static final long LOOK_NS = 40;
    private static final long SPIN_NS = 500;
    private static final long SLICE_NS = 300;
    // What a reply is waited for beyond the call's time, for an attachment and for the call itself.
    private static final long LATE_MAX_NS = 2 * 3_000_000_000L + 200_000_000L;
    private static final long LOCK_NS = 200_000;
    private static final int SPINS_PER_YIELD = 64;
    private static final long STEPS_MAX = 20_000_000;
    private static final boolean PRINTS = Boolean.getBoolean("ddict.simulation.print");

    private static Simulator running;

    private final SplittableRandom random;
    private final Guard missing;
    private final List<Runnable> ready = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            Comparator.comparingLong(Event::atNs).thenComparingLong(Event::order));
    private final List<Heartbeats.Beating> beating = new ArrayList<>();
    private final Monitors monitors = new Monitors();
    private final SimulatedNetwork network;
    private final Map<String, Long> counts = new TreeMap<>();
    private final long clockStartNs;
    private long nowNs;
    private long order;
    private long steps;
    private int spins;
    private long hash = 0xcbf29ce484222325L;
    private String violation;

    /** Makes one; without a guard if one is named. */
    Simulator(long seed, Guard missing) {
        this.missing = missing;
        this.random = new SplittableRandom(seed);
        // Also across an overflow of the clock.
        this.clockStartNs = random.nextInt(4) == 0
                ? Long.MAX_VALUE - random.nextLong(3_000_000_000L)
                : random.nextLong();
        this.network = new SimulatedNetwork(this);
        running = this;
    }

    /** The one that runs. */
    static Simulator running() {
        return running;
    }

    /** The guard that is left out, or null. */
    Guard missing() {
        return missing;
    }

    SplittableRandom random() {
        return random;
    }

    SimulatedNetwork network() {
        return network;
    }

    Monitors monitors() {
        return monitors;
    }

    long nowNs() {
        return nowNs;
    }

    /** What clocks show, of which only differences mean something. */
    long clock() {
        nowNs += LOOK_NS;
        return clockStartNs + nowNs;
    }

    /** Notes what happens. */
    void log(String what, long one, long other) {
        if (PRINTS) {
            System.out.println(nowNs + " " + what + " " + one + " " + other);
        }
        mix(what.hashCode());
        mix(nowNs);
        mix(one);
        mix(other);
    }

    private void mix(long value) {
        hash = (hash ^ value) * 0x100000001b3L;
        hash ^= hash >>> 29;
    }

    long hash() {
        return hash;
    }

    /** Checks that a call ends in time. */
    void checkEnd(String call, long startNs, long timeoutNs) {
        long lateNs = nowNs - startNs - timeoutNs;
        counts.merge("late-ms", lateNs / 1_000_000, Math::max);
        if (lateNs > LATE_MAX_NS) {
            fail("a call ends too late: call=" + call + ", timeoutNs=" + timeoutNs + ", lateNs="
                    + lateNs);
        }
    }

    /** Counts something that was tried. */
    void count(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    Map<String, Long> counts() {
        return counts;
    }

    /** Ends the simulation, if that has not happened yet. */
    void fail(String what) {
        if (violation == null) {
            violation = what + ", nowNs=" + nowNs;
        }
    }

    void fail(String what, Throwable cause) {
        StringWriter trace = new StringWriter();
        cause.printStackTrace(new PrintWriter(trace));
        fail(what + ": " + trace);
    }

    String violation() {
        return violation;
    }

    /** Something that is to happen. */
    static final class Event {
        private final long atNs;
        private final long order;
        private Runnable action;

        private Event(long atNs, long order, Runnable action) {
            this.atNs = atNs;
            this.order = order;
            this.action = action;
        }

        private long atNs() {
            return atNs;
        }

        private long order() {
            return order;
        }

        void cancel() {
            action = () -> {};
        }
    }

    /** Has something happen later, while no thread runs. */
    Event after(long delayNs, Runnable action) {
        Event event = new Event(nowNs + Math.max(0, delayNs), order++, action);
        events.add(event);
        return event;
    }

    /** Has something happen again and again. */
    void every(long intervalNs, Runnable action) {
        after(intervalNs, () -> {
            action.run();
            every(intervalNs, action);
        });
    }

    /** Something that works step by step, without a thread. */
    interface Turn {
        /** Whether there is something to do. */
        boolean isDue();

        /** Does it. */
        void take();
    }

    /** Lets something have its turns. */
    void add(Turn turn) {
        turns.add(turn);
    }

    void remove(Turn turn) {
        turns.remove(turn);
    }

    /** Starts a thread. */
    Thread start(String name, Runnable body) {
        try {
            Class<?> builder = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder");
            Constructor<?> made = builder.getDeclaredConstructor(Executor.class);
            made.setAccessible(true);
            return ((Thread.Builder.OfVirtual) made.newInstance(this)).name(name).start(() -> {
                try {
                    body.run();
                } catch (RuntimeException | Error e) {
                    fail("thread failed: name=" + name, e);
                }
            });
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no such virtual threads", e);
        }
    }

    @Override
    public void execute(Runnable continuation) {
        ready.add(continuation);
    }

    /** Runs until something is so, or goes wrong. */
    void run(String what, long limitNs, BooleanSupplier end) {
        long endNs = nowNs + limitNs;
        while (violation == null && !end.getAsBoolean()) {
            if (nowNs > endNs || steps++ > STEPS_MAX) {
                fail("did not come to an end: what=" + what + ", steps=" + steps);
            } else if (!step()) {
                fail("waits for ever: what=" + what);
            }
        }
    }

    /** Whether all threads wait. */
    boolean isQuiet() {
        return ready.isEmpty();
    }

    // False if nothing will happen any more.
    private boolean step() {
        Event next = events.peek();
        if (next != null && next.atNs <= nowNs) {
            events.remove().action.run();
            return true;
        }
        int due = 0;
        for (Turn each : turns) {
            due += each.isDue() ? 1 : 0;
        }
        int candidates = ready.size() + due;
        if (candidates > 0) {
            nowNs += SLICE_NS;
            go(random.nextInt(candidates));
        } else if (next != null) {
            nowNs = next.atNs;
        }
        return candidates > 0 || next != null;
    }

    private void go(int index) {
        if (index < ready.size()) {
            Runnable last = ready.removeLast();
            Runnable chosen = index < ready.size() ? ready.set(index, last) : last;
            chosen.run();
            return;
        }
        int left = index - ready.size();
        for (Turn each : List.copyOf(turns)) {
            if (each.isDue() && left-- == 0) {
                each.take();
                return;
            }
        }
    }

    /** Has the current thread wait; as LockSupport does, perhaps for less. */
    void park(long nanoseconds) {
        if (nanoseconds > 0) {
            Thread thread = Thread.currentThread();
            Event alarm = after(nanoseconds, () -> LockSupport.unpark(thread));
            LockSupport.park();
            alarm.cancel();
        }
    }

    /** Has the current thread sleep, whoever interrupts it. */
    void sleep(long nanoseconds) {
        long endNs = nowNs + nanoseconds;
        boolean interrupted = false;
        while (nowNs < endNs) {
            interrupted |= Thread.interrupted();
            park(endNs - nowNs);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes a lock, as the lock itself does by another clock. */
    boolean tryLock(ReentrantLock lock, long timeoutNs) throws InterruptedException {
        long endNs = nowNs + timeoutNs;
        while (!lock.tryLock()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (nowNs >= endNs) {
                return false;
            }
            park(Math.min(LOCK_NS, endNs - nowNs));
        }
        return true;
    }

    /** Has time go on a little, and others with it now and then. */
    void spin() {
        nowNs += SPIN_NS;
        if (++spins % SPINS_PER_YIELD == 0) {
            Thread.yield();
        }
    }

    /** Gives a connection its turns. */
    void watch(Heartbeats.Beating connection) {
        long intervalNs = Heartbeats.interval().toNanos();
        beating.add(connection);
        after(random.nextLong(intervalNs), () -> beat(connection, intervalNs));
    }

    private void beat(Heartbeats.Beating connection, long intervalNs) {
        start("ddict-heartbeats", () -> {
            if (connection.beat()) {
                after(intervalNs, () -> beat(connection, intervalNs));
            } else {
                beating.remove(connection);
            }
        });
    }

    /** How many connections have turns. */
    int beating() {
        return beating.size();
    }
}
