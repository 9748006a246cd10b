package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.system.Journal.What;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/*
 * Each key belongs to one thread, so its last acknowledged write is what must be there; if the
 * thread's last call was not acknowledged, either outcome may be. Counters belong to all.
 */

/** What a writing process is known to have done, by its {@link Journal}. */
final class Ledger {
    /** Counters shared by all writers of a dictionary. */
    static final int COUNTERS = 8;

    private final ChildProcess child;
    private final String prefix;
    private final Thread reader;
    private final Map<Integer, Value> values = new HashMap<>();
    private final Set<Integer> keys = new HashSet<>();
    private final Map<Integer, Call> underWay = new HashMap<>();
    private final long[] added = new long[COUNTERS];
    private final List<Long> lostNs = new ArrayList<>();
    private long done;
    private long refused;
    private int failures;
    private boolean ready;

    private Ledger(ChildProcess child, String prefix) {
        this.child = child;
        this.prefix = prefix;
        this.reader = Thread.ofPlatform().daemon().name("ledger-" + prefix).start(this::read);
    }

    /** Starts a writer of so many threads, whose keys begin with a prefix. */
    static Ledger start(
            Machine machine, List<String> flags, String handle, String prefix, int threads,
            long seed) {
        ChildProcess child =
                machine.startBinary(flags, WriterRole.class, handle, prefix, "" + threads,
                        "" + seed);
        return new Ledger(child, prefix);
    }

    ChildProcess child() {
        return child;
    }

    /** Waits until the writer has opened its handle. */
    void awaitReady() {
        Await.until(Duration.ofSeconds(40), () -> "writer " + prefix + child.errorText(),
                this::isReady);
    }

    /** Waits until the process has ended and all that it said was read. */
    void awaitEnd() throws InterruptedException {
        int status = child.awaitEnd();
        reader.join(10_000);
        assertThat(reader.isAlive()).isFalse();
        assertThat(failures)
                .as("failed calls of %s, status %s: %s", prefix, status, child.errorText())
                .isZero();
    }

    synchronized boolean isReady() {
        return ready;
    }

    synchronized long done() {
        return done;
    }

    synchronized long refused() {
        return refused;
    }

    /** When each thread learned that the manager was lost. */
    synchronized List<Long> lostNs() {
        return List.copyOf(lostNs);
    }

    /** Names of all keys that the writer may have written. */
    synchronized List<String> names() {
        return keys.stream().map(this::name).toList();
    }

    /** Checks that every key holds what the writer put there last, or was about to. */
    synchronized void checkValues(Function<String, byte[]> dictionary) {
        for (int key : keys) {
            byte[] actual = dictionary.apply(name(key));
            Set<Value> allowed = new HashSet<>();
            allowed.add(values.get(key));
            Call call = underWay.values().stream()
                    .filter(each -> each.key == key && each.what != What.ADD)
                    .findAny()
                    .orElse(null);
            if (call != null) {
                allowed.add(call.value);
            }
            Value found = actual == null
                    ? null
                    : actual.length < Content.SEAL_LENGTH
                            ? new Value(-1, actual.length)
                            : new Value(Content.seed(actual), actual.length);
            assertThat(allowed).as("value of %s (call under way: %s)", name(key), call)
                    .contains(found);
            if (actual != null) {
                assertThat(actual).isEqualTo(Content.sealed(found.seed, found.length));
            }
        }
    }

    /** Checks that counters hold all additions that were acknowledged, and none that was not made. */
    static void checkCounters(List<Ledger> ledgers, LongUnaryOperator dictionary) {
        for (int counter = 0; counter < COUNTERS; counter++) {
            long certain = 0;
            long inDoubt = 0;
            for (Ledger ledger : ledgers) {
                synchronized (ledger) {
                    certain += ledger.added[counter];
                    for (Call call : ledger.underWay.values()) {
                        inDoubt += call.what == What.ADD && call.key == counter ? call.delta : 0;
                    }
                }
            }
            assertThat(dictionary.applyAsLong(counter))
                    .as("counter %s", counter)
                    .isBetween(certain, certain + inDoubt);
        }
    }

    /** Calls of which it is not known whether they took effect. */
    synchronized int inDoubt() {
        return underWay.size();
    }

    static String counterName(long counter) {
        return "counter" + counter;
    }

    private String name(int key) {
        return prefix + key;
    }

    private void read() {
        byte[] bytes = new byte[Journal.RECORD_LENGTH];
        ByteBuffer record = ByteBuffer.wrap(bytes);
        try (DataInputStream input =
                new DataInputStream(new java.io.BufferedInputStream(child.output(), 1 << 16))) {
            while (true) {
                input.readFully(bytes);
                take(record);
            }
        } catch (EOFException e) {
            // The process has ended.
        } catch (IOException e) {
            throw new AssertionError("journal cannot be read", e);
        }
    }

    private synchronized void take(ByteBuffer record) {
        int thread = Journal.thread(record);
        int key = Journal.key(record);
        What what = Journal.what(record);
        switch (what) {
            case READY -> ready = true;
            case PUT -> {
                Value value = new Value(Journal.first(record), (int) Journal.second(record));
                underWay.put(thread, new Call(what, key, value, 0));
                keys.add(key);
            }
            case REMOVE -> {
                underWay.put(thread, new Call(what, key, null, 0));
                keys.add(key);
            }
            case ADD -> underWay.put(thread, new Call(what, key, null, Journal.second(record)));
            case DONE -> finish(underWay.remove(thread));
            case REFUSED -> {
                refused++;
                underWay.remove(thread);
            }
            case LOST -> lostNs.add(Journal.first(record));
            case FAILED -> failures++;
        }
    }

    private void finish(Call call) {
        done++;
        if (call.what == What.ADD) {
            added[call.key] += call.delta;
        } else if (call.value == null) {
            values.remove(call.key);
        } else {
            values.put(call.key, call.value);
        }
    }

    /** What a key holds. */
    private record Value(long seed, int length) {}

    /** A call that was begun. */
    private record Call(What what, int key, Value value, long delta) {}
}
