package io.ddict.manager.system;

import io.ddict.client.DDict;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.ManagerLostException;
import io.ddict.client.Versioned;
import io.ddict.manager.system.Journal.What;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes for ever to keys of its own, and adds to shared counters; says each call in its journal before
 * it is made and after it returned. Arguments: handle, prefix of the keys, threads, seed.
 */
final class WriterRole implements Role {
    private static final int KEYS = 48;

    @Override
    public void run(Parent parent, List<String> arguments) {
        DDict<String, Object> dict = DDict.attach(arguments.get(0));
        int threads = Integer.parseInt(arguments.get(2));
        long seed = Long.parseLong(arguments.get(3));
        new Journal(parent, 0).write(What.READY, 0, 0, 0);
        Threads writers = new Threads();
        writers.start(threads, thread -> {
            SplittableRandom random = new SplittableRandom(seed + thread);
            new Writer(dict, arguments.get(1), thread, random, new Journal(parent, thread)).run();
        });
        writers.await(Duration.ofHours(1));
    }

    /** One thread. */
    private static final class Writer {
        private final DDict<String, Object> dict;
        private final String prefix;
        private final int firstKey;
        private final SplittableRandom random;
        private final Journal journal;
        private final Map<Integer, Long> seeds = new HashMap<>();

        Writer(DDict<String, Object> dict, String prefix, int thread, SplittableRandom random,
                Journal journal) {
            this.dict = dict;
            this.prefix = prefix;
            this.firstKey = thread * KEYS;
            this.random = random;
            this.journal = journal;
        }

        void run() {
            try {
                while (true) {
                    call();
                }
            } catch (ManagerLostException e) {
                journal.write(What.LOST, 0, System.nanoTime(), 0);
            } catch (RuntimeException | AssertionError e) {
                // The process is killed before anybody else could say what it was.
                e.printStackTrace();
                journal.write(What.FAILED, 0, 0, 0);
                throw e;
            }
        }

        private void call() {
            int key = firstKey + random.nextInt(KEYS);
            int choice = random.nextInt(100);
            if (choice < 45) {
                put(key, random.nextInt(Content.SEAL_LENGTH, 3_000));
            } else if (choice < 55) {
                put(key, random.nextInt(5_000, random.nextInt(10) == 0 ? 600_000 : 60_000));
            } else if (choice < 70) {
                remove(key);
            } else if (choice < 85) {
                add();
            } else if (choice < 91) {
                compareAndSet(key);
            } else if (choice < 96) {
                read(key);
            } else if (choice < 98) {
                view(key);
            } else {
                awaitInVain(key);
            }
        }

        private void put(int key, int length) {
            long seed = random.nextLong();
            journal.write(What.PUT, key, seed, length);
            try {
                dict.put(name(key), Content.sealed(seed, length));
                seeds.put(key, seed);
                journal.write(What.DONE, key, 0, 0);
            } catch (DDictFullException e) {
                journal.write(What.REFUSED, key, 0, 0);
            }
        }

        private void compareAndSet(int key) {
            Versioned<Object> read = dict.getVersioned(name(key));
            check(key, read == null ? null : read.value());
            long seed = random.nextLong();
            int length = random.nextInt(Content.SEAL_LENGTH, 8_000);
            journal.write(What.PUT, key, seed, length);
            try {
                long version = read == null ? 0 : read.version();
                require(dict.compareAndSet(name(key), version, Content.sealed(seed, length))
                        > version,
                        "a key of its own was changed: ", key);
                seeds.put(key, seed);
                journal.write(What.DONE, key, 0, 0);
            } catch (DDictFullException e) {
                journal.write(What.REFUSED, key, 0, 0);
            }
        }

        private void remove(int key) {
            journal.write(What.REMOVE, key, 0, 0);
            check(key, dict.remove(name(key)));
            seeds.remove(key);
            journal.write(What.DONE, key, 0, 0);
        }

        private void add() {
            int counter = random.nextInt(Ledger.COUNTERS);
            long delta = random.nextInt(1, 1_000);
            journal.write(What.ADD, counter, 0, delta);
            dict.getAndAdd(Ledger.counterName(counter), delta);
            journal.write(What.DONE, counter, 0, 0);
        }

        private void read(int key) {
            check(key, dict.get(name(key)));
        }

        private void view(int key) {
            Boolean whole =
                    dict.view(name(key), WriterRole::isWholeTwice);
            require(whole == null ? !seeds.containsKey(key) : whole, "view torn: ", key);
        }

        private void awaitInVain(int key) {
            try {
                dict.awaitValue(name(key), new byte[random.nextInt(9_000)], Duration.ofMillis(2));
            } catch (DDictTimeoutException | DDictFullException e) {
                // As it should be: nobody writes such a value.
            }
        }

        private void check(int key, Object value) {
            Long seed = seeds.get(key);
            if (value == null) {
                require(seed == null, "value lost: ", key);
            } else {
                byte[] bytes = (byte[]) value;
                require(Content.isWhole(MemorySegment.ofArray(bytes)), "value torn: ", key);
                require(seed != null && seed == Content.seed(bytes), "another value: ", key);
            }
        }

        private void require(boolean holds, String text, int key) {
            if (!holds) {
                throw new AssertionError(text + name(key));
            }
        }

        private String name(int key) {
            return prefix + key;
        }
    }

    private static boolean isWholeTwice(java.lang.foreign.MemorySegment bytes) {
        boolean first = Content.isWhole(bytes);
        return Content.isWhole(bytes) && first;
    }
}
