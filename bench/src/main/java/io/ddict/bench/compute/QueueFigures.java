package io.ddict.bench.compute;

import io.ddict.bench.gups.WrongContentException;
import io.ddict.client.ByteSize;
import io.ddict.pool.Process;
import io.ddict.pool.ProcessTemplate;
import io.ddict.pool.sync.DQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/*
 * Question: how many messages a second go through a queue from one process to another, and how long does
 * one take there and back?
 * Topology: this process puts, another takes; for ours the node service is one more, and all three are busy.
 * Wants three cores. One way, the time ends when the taker has said by a second queue that it has all of
 * them. The taker looks at the length and the first eight bytes of each; messages are one of a few, that
 * were made before.
 */

/** Queues between two processes. */
public final class QueueFigures {
    private static final int[] LENGTHS = {8, 100, 1 << 20, 16 << 20};
    private static final int TRIP_LENGTH_MAX = 1 << 20;
    private static final ByteSize MEMORY = ByteSize.mib(256);
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final ComputeEffort effort;
    private final Consumer<String> told;

    /** Tells what is left out. */
    public QueueFigures(ComputeEffort effort, Consumer<String> told) {
        this.effort = effort;
        this.told = told;
    }

    /** Measures. */
    public List<ComputeFigure> measure() throws InterruptedException {
        List<ComputeFigure> figures = new ArrayList<>();
        Optional<Python> python = python();
        try {
            for (int length : LENGTHS) {
                streams(length, python, figures);
                if (length <= TRIP_LENGTH_MAX) {
                    trips(length, python, figures);
                }
            }
        } finally {
            python.ifPresent(Python::close);
        }
        return figures;
    }

    private Optional<Python> python() {
        try {
            return Optional.of(Python.start("queue"));
        } catch (IOException e) {
            told.accept("python left out: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void streams(int length, Optional<Python> python, List<ComputeFigure> figures)
            throws InterruptedException {
        int count = effort.messages(length);
        int rounds = effort.warmups() + effort.rounds();
        try (Pair pair = new Pair()) {
            Process taker = pair.start(() -> {
                for (int round = 0; round < rounds; round++) {
                    for (int index = 0; index < count; index++) {
                        Messages.check(pair.there.take(), index, length);
                    }
                    pair.back.put(new byte[1]);
                }
            });
            Messages messages = new Messages(length);
            for (int round = -effort.warmups(); round < effort.rounds(); round++) {
                add(figures, "ddict", length, round, count, stream(pair, messages, count));
                if (python.isPresent()) {
                    String answer = python.get().ask("stream " + count + " " + length);
                    add(figures, "python", length, round, count, Long.parseLong(answer));
                }
            }
            int _ = taker.join(TIMEOUT);
        }
    }

    private static long stream(Pair pair, Messages messages, int count)
            throws InterruptedException {
        long beginNs = System.nanoTime();
        for (int index = 0; index < count; index++) {
            pair.there.put(messages.of(index));
        }
        Object _ = pair.await();
        return System.nanoTime() - beginNs;
    }

    private static void add(
            List<ComputeFigure> figures, String system, int length, int round, int count,
            long tookNs) {
        if (round < 0) {
            return;
        }
        double seconds = tookNs / 1e9;
        String shape = shape(length);
        figures.add(
                new ComputeFigure(
                        "queue, one way", system, shape, round, "messages", count / seconds,
                        "1/s"));
        figures.add(
                new ComputeFigure(
                        "queue, one way", system, shape, round, "bytes",
                        (double) count * length / seconds / 1e9, "GB/s"));
    }

    private void trips(int length, Optional<Python> python, List<ComputeFigure> figures)
            throws InterruptedException {
        int count = effort.trips(length);
        int rounds = effort.warmups() + effort.rounds();
        try (Pair pair = new Pair()) {
            Process echo = pair.start(() -> {
                for (int trip = 0; trip < rounds * count; trip++) {
                    pair.back.put(pair.there.take());
                }
            });
            Messages messages = new Messages(length);
            for (int round = -effort.warmups(); round < effort.rounds(); round++) {
                Histogram histogram = trip(pair, messages, count);
                add(
                        figures, "ddict", length, round, histogram.getValueAtPercentile(50),
                        histogram.getValueAtPercentile(99));
                if (python.isPresent()) {
                    String[] answer =
                            python.get().ask("trip " + count + " " + length).split(" ", -1);
                    add(
                            figures, "python", length, round, Long.parseLong(answer[0]),
                            Long.parseLong(answer[1]));
                }
            }
            int _ = echo.join(TIMEOUT);
        }
    }

    private static Histogram trip(Pair pair, Messages messages, int count)
            throws InterruptedException {
        Histogram histogram = new Histogram(3);
        for (int index = 0; index < count; index++) {
            long beginNs = System.nanoTime();
            pair.there.put(messages.of(index));
            byte[] answer = pair.await();
            histogram.recordValue(System.nanoTime() - beginNs);
            Messages.check(answer, index, messages.length());
        }
        return histogram;
    }

    private static void add(
            List<ComputeFigure> figures, String system, int length, int round, long p50Ns,
            long p99Ns) {
        if (round < 0) {
            return;
        }
        String shape = shape(length);
        figures.add(
                new ComputeFigure(
                        "queue, there and back", system, shape, round, "p50", p50Ns / 1e3, "us"));
        figures.add(
                new ComputeFigure(
                        "queue, there and back", system, shape, round, "p99", p99Ns / 1e3, "us"));
    }

    private static String shape(int length) {
        return length < 1 << 20 ? length + " B" : (length >> 20) + " MiB";
    }

    /** A few messages that can be told apart. */
    private static final class Messages {
        private static final int COUNT = 4;

        private final byte[][] messages;

        Messages(int length) {
            messages = new byte[COUNT][length];
            for (int index = 0; index < COUNT; index++) {
                messages[index][0] = (byte) index;
                messages[index][7] = (byte) length;
            }
        }

        byte[] of(int index) {
            return messages[index % COUNT];
        }

        int length() {
            return messages[0].length;
        }

        static void check(byte[] message, int index, int length) {
            if (message.length != length
                    || message[0] != index % COUNT
                    || message[7] != (byte) length) {
                throw new WrongContentException(
                        "wrong message: index=" + index + ", length=" + message.length);
            }
        }
    }

    /** Two queues, and the process at their other end. */
    private static final class Pair implements AutoCloseable, java.io.Serializable {
        private static final long serialVersionUID = 1L;

        private final DQueue<byte[]> there =
                DQueue.<byte[]>builder().memory(MEMORY).create();
        private final DQueue<byte[]> back = DQueue.<byte[]>builder().memory(MEMORY).create();
        private transient @Nullable Process other;

        Process start(io.ddict.pool.ProcessAction action) {
            Process started = Process.start(ProcessTemplate.of(action));
            other = started;
            return started;
        }

        /** What comes back; an error if the other process has failed. */
        byte[] await() throws InterruptedException {
            byte[] answer = back.poll(TIMEOUT);
            if (answer == null) {
                int exitCode = Objects.requireNonNull(other).join(Duration.ofSeconds(1));
                throw new IllegalStateException("no answer of a taker: exitCode=" + exitCode);
            }
            return answer;
        }

        @Override
        public void close() {
            if (other != null && other.isAlive()) {
                boolean _ = other.kill();
            }
            there.destroy();
            back.destroy();
        }
    }
}
