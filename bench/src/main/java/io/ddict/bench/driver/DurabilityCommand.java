package io.ddict.bench.driver;

import io.ddict.bench.gups.Kernel;
import io.ddict.bench.gups.Outcome;
import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Keys;
import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Shape;
import io.ddict.bench.peers.Store;
import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/*
 * Question: what does keeping a dictionary on a disk cost its writers? Topology: one client, which is this
 * process, and its node service; a second thread of this process calls persist(). Wants three cores: client,
 * manager, and who writes to the disk; with two, a put waits for a core now and then. By turns: overwrites
 * alone, beside persist() after persist(), and of a dictionary of continuous durability; of all keys, and of
 * so few that each is put many times between two copies. Every value is compared in the end.
 */

/** {@code bench durability}: puts beside persist(), and with continuous durability. */
@Command(
        name = "durability",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures what persisting and continuous durability cost a writer.")
final class DurabilityCommand implements Callable<Integer> {
    private static final int VALUE_LENGTH = 1024;
    private static final long HOT_KEYS = 10_000;
    // Header, rounding and index of a pair.
    private static final long OVERHEAD = 256;
    private static final long MEMORY_FIXED = 64L << 20;
    private static final int WARMUP_ROUNDS = 2;

    @Parameters(paramLabel = "FOLDER", description = "Where to write; it must exist.")
    private Path disk = Path.of("");

    @Option(names = "--keys", description = "Keys, of 128 B with values of 1 KiB (300000).")
    private long keys = 300_000;

    @Option(names = "--rounds", description = "Rounds that count (3).")
    private int rounds = 3;

    @Option(names = "--round-millis", description = "Length of a round (1500).")
    private int roundMillis = 1_500;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Tables tables = new Tables(System.out);
        tables.machine(Machine.describe());
        Path folder = Files.createTempDirectory(disk, "ddict-bench-");
        CpuMeter meter = new CpuMeter();
        meter.start();
        List<Writer> writers = new ArrayList<>();
        try {
            writers.add(new Writer("alone", false, keys, folder, false));
            writers.add(new Writer("beside persist()", false, keys, folder, true));
            writers.add(new Writer("continuous", true, keys, folder, false));
            writers.add(new Writer("alone, few keys", false, HOT_KEYS, folder, false));
            writers.add(new Writer("continuous, few keys", true, HOT_KEYS, folder, false));
            for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
                for (Writer writer : writers) {
                    writer.round(round >= 0);
                }
            }
            print(writers);
            System.out.println(
                    "CPUs used by others meanwhile: "
                            + Figures.format("%.2f", meter.foreignCpus()));
        } finally {
            writers.forEach(Writer::close);
            remove(folder);
        }
        return 0;
    }

    private static void print(List<Writer> writers) {
        System.out.println(Figures.format(
                "%-22s%10s%12s%12s%12s%12s", "overwrites", "op/s", "p50", "p99", "p99.9",
                "longest"));
        for (Writer each : writers) {
            System.out.println(Figures.format(
                    "%-22s%10s%12s%12s%12s%12s",
                    each.what,
                    Figures.count(Figures.median(each.opsPerSecond)),
                    Figures.time(each.latenciesNs.getValueAtPercentile(50)),
                    Figures.time(each.latenciesNs.getValueAtPercentile(99)),
                    Figures.time(each.latenciesNs.getValueAtPercentile(99.9)),
                    Figures.time(each.latenciesNs.getMaxValue())));
            if (!each.persistSeconds.isEmpty()) {
                System.out.println(Figures.format(
                        "  a persist() of %d MB, beside the puts: %.2f s; alone: %.2f s",
                        each.keys * (Keys.LENGTH + VALUE_LENGTH) / 1_000_000,
                        Figures.median(each.persistSeconds),
                        Figures.median(each.persistAloneSeconds)));
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** One way to write, with a dictionary of its own. */
    private final class Writer {
        final String what;
        final long keys;
        final List<Double> opsPerSecond = new ArrayList<>();
        final List<Double> persistSeconds = new ArrayList<>();
        final List<Double> persistAloneSeconds = new ArrayList<>();
        final Histogram latenciesNs = new Histogram(Kernel.LATENCY_NS_MAX, 3);
        private final boolean persists;
        private volatile boolean isOver;
        private final DDict<byte[], byte[]> dict;
        private final Store store;
        private final Kernel kernel;

        Writer(String what, boolean continuous, long keys, Path folder, boolean persists)
                throws IOException {
            this.what = what;
            this.keys = keys;
            this.persists = persists;
            DDictConfig.Builder config = DDictConfig.builder()
                    .name(what.replaceAll("\\W+", "-") + "-" + ProcessHandle.current().pid())
                    .entriesMax(keys + 1024)
                    .totalMemory(ByteSize.bytes(
                            (keys * (Keys.LENGTH + VALUE_LENGTH + OVERHEAD)) * 3 / 2
                                    + MEMORY_FIXED))
                    .timeout(Duration.ofSeconds(60))
                    .persistPath(folder);
            dict = DDict.create(continuous
                    ? config.durability(Durability.CONTINUOUS).build()
                    : config.persister("posix").persistCount(1).build());
            Shape shape = new Shape(VALUE_LENGTH, keys, 1, 1, false);
            store = Peers.named(Peers.DDICT).attach(dict.serialize(), shape);
            kernel = new Kernel(store, shape, 0);
            Outcome _ = kernel.run(Phase.INSERT, System.nanoTime(), 0, 0);
        }

        void round(boolean counts) throws InterruptedException {
            long lengthNs = TimeUnit.MILLISECONDS.toNanos(roundMillis);
            Thread persister = persists ? persistUntilOver(counts) : null;
            Outcome untimed = kernel.run(Phase.OVERWRITE, System.nanoTime(), lengthNs, 0);
            Outcome timed = kernel.runTimed(Phase.OVERWRITE, System.nanoTime(), lengthNs, 0);
            if (persister != null) {
                isOver = true;
                persister.join();
                persist(counts, persistAloneSeconds);
            }
            Histogram latencies = timed.latenciesNs();
            if (counts && latencies != null) {
                opsPerSecond.add(untimed.ops() * 1e9 / (untimed.endNs() - untimed.startNs()));
                latenciesNs.add(latencies);
            }
        }

        private Thread persistUntilOver(boolean counts) {
            isOver = false;
            return Thread.ofPlatform().start(() -> {
                while (!isOver) {
                    persist(counts, persistSeconds);
                }
            });
        }

        // The last one, which ends when the puts have ended, counts too.
        private void persist(boolean counts, List<Double> seconds) {
            long startNs = System.nanoTime();
            dict.persist();
            if (counts) {
                seconds.add((System.nanoTime() - startNs) / 1e9);
            }
        }

        void close() {
            long _ = kernel.verify();
            store.close();
            dict.destroy();
            dict.close();
        }
    }
}
