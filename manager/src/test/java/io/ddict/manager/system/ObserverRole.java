package io.ddict.manager.system;

import io.ddict.client.DDict;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/*
 * Beside the threads that call, one thread naps a millisecond at a time: when that took long too, the
 * machine had no time for this process, and the dictionary is not to blame.
 */

/**
 * Reads and writes while others are stopped and killed; tells each call that took long, and each nap.
 * Arguments: handle, file for its progress.
 */
final class ObserverRole implements Role {
    /** Threads that make calls. */
    static final int THREADS = 3;

    private static final long LONG_NS = 50_000_000;
    private static final int KEYS = 100;

    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong longestNs = new AtomicLong();
    private Parent parent;
    private Progress progress;
    private DDict<String, Object> dict;

    @Override
    public void run(Parent toldTo, List<String> arguments) throws IOException {
        parent = toldTo;
        progress = new Progress(Path.of(arguments.get(1)), THREADS);
        dict = DDict.attach(arguments.getFirst());
        parent.say("ready");
        Threads threads = new Threads();
        threads.repeat(thread -> nap());
        SplittableRandom random = new SplittableRandom(1);
        long[] seeds = new long[KEYS];
        threads.repeat(thread -> putAndGet(random, seeds));
        threads.repeat(thread -> timed(1, "getAndAdd", () -> dict.getAndAdd("observer", 1)));
        threads.repeat(thread -> iterate());
        parent.await();
        threads.close();
        Object added = dict.get("observer");
        parent.say("end " + calls.get() + " " + longestNs.get() + " " + added);
        dict.close();
    }

    private void putAndGet(SplittableRandom random, long[] seeds) {
        int index = random.nextInt(KEYS);
        String key = "observer" + index;
        if (random.nextInt(4) == 0) {
            seeds[index] = random.nextLong();
            int length =
                    random.nextInt(20) == 0 ? 50_000 : random.nextInt(Content.SEAL_LENGTH, 2_000);
            byte[] value = Content.sealed(seeds[index], length);
            timed(0, "put", () -> dict.put(key, value));
        } else {
            timed(0, "get", () -> {
                byte[] value = (byte[]) dict.get(key);
                if (value != null && (Content.seed(value) != seeds[index] || isTorn(value))) {
                    throw new AssertionError("another value: " + key);
                }
            });
        }
    }

    private void iterate() {
        var entries = dict.entries().iterator();
        boolean[] more = {true};
        while (more[0]) {
            timed(2, "iteration", () -> {
                more[0] = entries.hasNext();
                if (more[0] && entries.next().getValue() instanceof byte[] value && isTorn(value)) {
                    throw new AssertionError("torn value: length=" + value.length);
                }
            });
        }
    }

    private void nap() {
        long startNs = System.nanoTime();
        LockSupport.parkNanos(1_000_000);
        tellIfLong("nap", startNs, System.nanoTime());
    }

    private void timed(int thread, String name, Runnable call) {
        long startNs = System.nanoTime();
        call.run();
        long endNs = System.nanoTime();
        calls.incrementAndGet();
        progress.count(thread);
        longestNs.accumulateAndGet(endNs - startNs, Math::max);
        tellIfLong(name, startNs, endNs);
    }

    private void tellIfLong(String name, long startNs, long endNs) {
        if (endNs - startNs > LONG_NS) {
            parent.say("long " + name + " " + startNs + " " + endNs);
        }
    }

    private static boolean isTorn(byte[] value) {
        return !Content.isWhole(MemorySegment.ofArray(value));
    }
}
