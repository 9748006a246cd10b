package io.ddict.manager.system;

import io.ddict.client.AttachOptions;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictException;
import io.ddict.client.DDictException.Status;
import io.ddict.client.codec.Codecs;
import io.ddict.manager.system.HistoryOperation.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/*
 * Values are random 60-bit numbers, so that one names the write that made it. A write that failed may have
 * taken effect, or may later; one that was refused because the lease was over has not and must not.
 */

/**
 * Makes calls on the keys of a round until it is told to end the round, and then tells what it saw.
 * Arguments: cluster, dictionary, its managers, number of this process, seed. A line of a call begins with
 * the number of its manager.
 */
final class PartitionRole implements Role {
    private static final int KEYS_PER_MANAGER = 4;
    private static final int THREADS = 2;
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long PAUSE_AFTER_FAILURE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private volatile boolean isOver;

    @Override
    public void run(Parent parent, List<String> arguments) throws Exception {
        int managers = Integer.parseInt(arguments.get(2));
        int process = Integer.parseInt(arguments.get(3));
        SplittableRandom random = new SplittableRandom(Long.parseLong(arguments.get(4)) + process);
        try (Cluster cluster = Cluster.connect(arguments.get(0));
                DDict<String, Long> dict = cluster.attach(
                        arguments.get(1), new AttachOptions(TIMEOUT, Codecs.standard()))) {
            parent.say("ready");
            for (String command = parent.await(); !command.equals("end"); command =
                    parent.await()) {
                runRound(
                        parent, dict, keys(dict, managers, Integer.parseInt(command)), process,
                        random);
            }
        }
    }

    // The same in every process, and as many at each manager: where keys hash to differs in each dictionary.
    private static List<String> keys(DDict<String, Long> dict, int managers, int round) {
        int[] counts = new int[managers];
        return Stream.iterate(0, i -> i + 1)
                .map(i -> "round-" + round + "-key-" + i)
                .filter(key -> counts[dict.whichManager(key)]++ < KEYS_PER_MANAGER)
                .limit((long) managers * KEYS_PER_MANAGER)
                .toList();
    }

    private void runRound(
            Parent parent, DDict<String, Long> dict, List<String> keys, int process,
            SplittableRandom random) throws Exception {
        isOver = false;
        List<Caller> callers = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            callers.add(new Caller(dict, keys, process * THREADS + thread, random.split()));
        }
        Thread waiter = Thread.ofPlatform().daemon().start(() -> {
            String _ = parent.await();
            isOver = true;
        });
        parent.say("begun");
        Threads.run(THREADS, index -> callers.get(index).run());
        waiter.join();
        StringBuilder text = new StringBuilder();
        callers.forEach(caller -> caller.lines.forEach(line -> text.append(line).append('\n')));
        parent.say(text.append("over").toString());
    }

    /** One thread. */
    private final class Caller {
        private final DDict<String, Long> dict;
        private final List<String> keys;
        private final int thread;
        private final SplittableRandom random;
        private final List<String> lines = new ArrayList<>();

        Caller(
                DDict<String, Long> dict, List<String> keys, int thread, SplittableRandom random) {
            this.dict = dict;
            this.keys = keys;
            this.thread = thread;
            this.random = random;
        }

        void run() {
            while (!isOver) {
                boolean done = call(random.nextInt(keys.size()));
                LockSupport.parkNanos(done ? PAUSE_NS : PAUSE_AFTER_FAILURE_NS);
            }
        }

        private boolean call(int key) {
            String name = keys.get(key);
            Kind kind = random.nextBoolean() ? Kind.GET
                    : random.nextBoolean() ? Kind.PUT : Kind.GET_AND_ADD;
            long number = kind == Kind.GET ? 0 : random.nextLong(1L << 60);
            long startNs = System.nanoTime();
            try {
                Long result = switch (kind) {
                    case GET -> dict.get(name);
                    case PUT -> {
                        dict.put(name, number);
                        yield null;
                    }
                    default -> dict.getAndAdd(name, number);
                };
                note(key, kind, number, result, startNs, System.nanoTime());
                return true;
            } catch (DDictException e) {
                if (kind != Kind.GET && mayTakeEffect(e)) {
                    note(key, kind, number, null, startNs, HistoryOperation.NEVER);
                }
                return false;
            }
        }

        private static boolean mayTakeEffect(DDictException e) {
            return e.status() != Status.UNAVAILABLE || e.getMessage().contains("may take effect");
        }

        private void note(
                int key, Kind kind, long number, Long result, long startNs, long endNs) {
            long value = result == null ? HistoryOperation.ABSENT : result;
            HistoryOperation operation = new HistoryOperation(
                    key, thread, kind, number, 0, value, 0, startNs, endNs);
            lines.add(dict.whichManager(keys.get(key)) + " " + operation.line());
        }
    }
}
