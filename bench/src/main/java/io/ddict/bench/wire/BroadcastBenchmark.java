package io.ddict.bench.wire;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/*
 * Question: how long does a broadcast take, and how many copies does the program's network card send, by
 * the tree and when the program itself puts at every manager? And of how many puts at one manager is that
 * the time? Topology: the program on the first of several nodes, each with a network card of its own;
 * .ci/broadcast makes them in the lab, with a limited bandwidth. Or the program on one node, with several
 * managers. Rounds of all alternate, so that what else the machine does meets all; one on one node has
 * many puts, and ends when the managers have applied all. On one node it is measured under one key, whose
 * blocks the processor's cache may have, and under many, which it has not. Every copy is read back and
 * compared in the end.
 *
 *   .ci/broadcast [NODES [MANAGERS_PER_NODE [MBIT]]]
 *   ./ddict run -cp 'bench/target/bench/lib/*' io.ddict.bench.wire.BroadcastBenchmark 1 MANAGERS
 */

/** Compares broadcasts with puts at all managers at the same time. Arguments: nodes, managers per node. */
public final class BroadcastBenchmark {
    private static final int ROUNDS = 9;
    private static final int WARM_UP_ROUNDS = 3;
    // On one node a round puts as many bytes as this; over a network, one value.
    private static final int ROUND_LENGTH = 256 << 20;
    private static final int MANY_KEYS_LENGTH = 64 << 20;
    private static final int[] LENGTHS =
            {100_000, 262_144, 524_288, 1 << 20, 4 << 20, 16 << 20};
    private static final Path SENT = Path.of("/sys/class/net/eth0/statistics/tx_bytes");

    private final PrintStream out;
    private final DDict<String, byte[]> dict;
    private final int length;
    private final int keys;
    private final int times;

    private BroadcastBenchmark(
            PrintStream out, DDict<String, byte[]> dict, int length, int keys, int times) {
        this.out = out;
        this.dict = dict;
        this.length = length;
        this.keys = keys;
        this.times = times;
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        int nodes = Integer.parseInt(arguments[0]);
        int managers = Integer.parseInt(arguments[1]);
        PrintStream out = new PrintStream(
                new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        DDictConfig config = DDictConfig.builder()
                .nodes(nodes)
                .managersPerNode(managers)
                .totalMemory(ByteSize.mib(384L * nodes * managers))
                .build();
        try (DDict<String, byte[]> dict = DDict.create(config)) {
            out.println("nodes=" + nodes + ", managersPerNode=" + managers);
            for (int length : LENGTHS) {
                int times = nodes == 1 ? ROUND_LENGTH / length : 1;
                new BroadcastBenchmark(out, dict, length, 1, times).compare();
                if (nodes == 1) {
                    new BroadcastBenchmark(out, dict, length, MANY_KEYS_LENGTH / length, times)
                            .compare();
                }
            }
        }
    }

    private void compare() throws Exception {
        byte[] value = new byte[length];
        List<Measured> puts = new ArrayList<>();
        List<Measured> direct = new ArrayList<>();
        List<Measured> tree = new ArrayList<>();
        for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
            Arrays.fill(value, (byte) round);
            Measured put = measure(key -> dict.manager(0).put("one" + key, value));
            Measured one = measure(key -> putAtEach("key" + key, value));
            Measured other = measure(key -> dict.broadcastPut("key" + key, value));
            if (round >= WARM_UP_ROUNDS) {
                puts.add(put);
                direct.add(one);
                tree.add(other);
            }
        }
        check(value);
        dict.clear();
        out.printf(
                Locale.ROOT,
                "%,11d B, %3d keys: one put %7.3f ms; each manager %8.3f ms, %5.2f copies;"
                        + " broadcast %8.3f ms, %5.2f copies, %5.2f of a put%n",
                length, keys, medianMs(puts), medianMs(direct), copies(direct), medianMs(tree),
                copies(tree), medianMs(tree) / medianMs(puts));
    }

    private void putAtEach(String key, byte[] value) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int manager = 0; manager < dict.managers(); manager++) {
            DDict<String, byte[]> one = dict.manager(manager);
            threads.add(Thread.ofVirtual().start(() -> one.put(key, value)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private Measured measure(Body body) throws Exception {
        long sent = sent();
        long startNs = System.nanoTime();
        for (int i = 0; i < times; i++) {
            body.run(i % keys);
        }
        // Waits until every manager has applied what was posted.
        long _ = dict.size();
        long lengthNs = System.nanoTime() - startNs;
        return new Measured(lengthNs / times, (sent() - sent) / times);
    }

    private static long sent() throws IOException {
        return Files.exists(SENT) ? Long.parseLong(Files.readString(SENT).strip()) : 0;
    }

    private void check(byte[] value) {
        for (int manager = 0; manager < dict.managers(); manager++) {
            for (int key = 0; key < keys; key++) {
                if (!Arrays.equals(dict.manager(manager).get("key" + key), value)) {
                    throw new IllegalStateException("copy is wrong: manager=" + manager);
                }
            }
        }
    }

    private static double medianMs(List<Measured> all) {
        long[] sorted = all.stream().mapToLong(Measured::lengthNs).sorted().toArray();
        return sorted[sorted.length / 2] / 1e6;
    }

    private double copies(List<Measured> all) {
        long[] sorted = all.stream().mapToLong(Measured::sentBytes).sorted().toArray();
        return (double) sorted[sorted.length / 2] / length;
    }

    private record Measured(long lengthNs, long sentBytes) {}

    private interface Body {
        void run(int key) throws Exception;
    }
}
