package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.Versioned;
import io.ddict.manager.system.HistoryOperation.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/*
 * Numbers to store are random 60-bit ones, and so are numbers to add: no sum comes about twice, so that a
 * value names the write that made it. Keys below the half hold Longs, the others byte arrays that
 * carry the number, many of them too large for the ring.
 */

/**
 * Makes random calls on a few keys from several threads, and writes down what it saw. Arguments: handle,
 * number of this process, threads, calls for each, keys, seed.
 */
final class HistoryRole implements Role {
    @Override
    public void run(Parent parent, List<String> arguments) throws Exception {
        DDict<String, Object> dict = DDict.attach(arguments.get(0));
        int process = Integer.parseInt(arguments.get(1));
        int threads = Integer.parseInt(arguments.get(2));
        int calls = Integer.parseInt(arguments.get(3));
        int keys = Integer.parseInt(arguments.get(4));
        long seed = Long.parseLong(arguments.get(5));
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = process * threads + i;
            callers.add(new Caller(dict, thread, keys, new SplittableRandom(seed + thread)));
        }
        parent.say("ready");
        parent.await();
        Threads.run(threads, index -> callers.get(index).run(calls));
        for (Caller caller : callers) {
            StringBuilder text = new StringBuilder();
            caller.history.forEach(operation -> text.append(operation.line()).append('\n'));
            parent.say(text.append("end").toString());
        }
        dict.close();
    }

    /** One thread. */
    private static final class Caller {
        private final DDict<String, Object> dict;
        private final int thread;
        private final int keys;
        private final SplittableRandom random;
        private final List<HistoryOperation> history = new ArrayList<>();

        Caller(DDict<String, Object> dict, int thread, int keys, SplittableRandom random) {
            this.dict = dict;
            this.thread = thread;
            this.keys = keys;
            this.random = random;
        }

        void run(int calls) {
            while (history.size() < calls) {
                call(random.nextInt(keys));
            }
        }

        private void call(int key) {
            String name = "key" + key;
            int choice = random.nextInt(100);
            long number = random.nextLong(1L << 60);
            long start = System.nanoTime();
            if (choice < 30) {
                Versioned<Object> read = dict.getVersioned(name);
                note(key, Kind.GET, 0, 0, read == null ? null : read.value(), version(read), start);
                if (choice < 10) {
                    compareAndSet(key, name, read, number);
                }
            } else if (choice < 40) {
                note(key, Kind.GET, 0, 0, dict.get(name), 0, start);
            } else if (choice < 65) {
                dict.put(name, value(key, number));
                note(key, Kind.PUT, number, 0, null, 0, start);
            } else if (choice < 75) {
                note(key, Kind.REMOVE, 0, 0, dict.remove(name), 0, start);
            } else if (choice < 85 || key >= keys / 2) {
                note(key, Kind.PUT_IF_ABSENT, number, 0, dict.putIfAbsent(name, value(key, number)),
                        0, start);
            } else {
                note(key, Kind.GET_AND_ADD, number, 0, dict.getAndAdd(name, number), 0, start);
            }
        }

        private void compareAndSet(int key, String name, Versioned<Object> read, long number) {
            long start = System.nanoTime();
            long expected = read == null ? HistoryOperation.ABSENT : number(read.value());
            long written = dict.compareAndSet(name, version(read), value(key, number));
            note(key, Kind.COMPARE_AND_SET, number, expected, written == 0 ? 0L : 1L, 0, start);
        }

        private void note(
                int key, Kind kind, long argument, long expected, Object result, long version,
                long startNs) {
            long endNs = System.nanoTime();
            history.add(new HistoryOperation(
                    key, thread, kind, argument, expected, number(result), version, startNs,
                    endNs));
        }

        private Object value(int key, long number) {
            if (key < keys / 2) {
                return number;
            }
            int length = random.nextInt(3) == 0 ? random.nextInt(5_000, 30_000)
                    : random.nextInt(16, 2_000);
            return Content.sealed(number, length);
        }

        private static long version(Versioned<Object> read) {
            return read == null ? 0 : read.version();
        }

        private static long number(Object value) {
            if (value instanceof byte[] bytes) {
                if (!Content.isWhole(MemorySegment.ofArray(bytes))) {
                    throw new IllegalStateException("torn value: length=" + bytes.length);
                }
                return Content.seed(bytes);
            }
            return value == null ? HistoryOperation.ABSENT : (Long) value;
        }
    }
}
