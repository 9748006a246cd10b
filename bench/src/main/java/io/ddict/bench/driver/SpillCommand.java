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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/*
 * Question: what does it cost that most of a dictionary's large values are on a disk? Topology: one client,
 * which is this process, and its node service. By turns, of a dictionary that is all in memory and of one
 * with a part of that memory and the rest in a folder: inserts of all, gets and views of keys drawn from
 * all, gets of a few keys again and again, overwrites. Every value is compared in the end. The system keeps
 * in its cache what it has room for: on a machine with more memory than values, the disk is only written.
 */

/** {@code bench spill}: a dictionary with most of its values on a disk, beside one in memory. */
@Command(
        name = "spill",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures a dictionary that has most of its values on a disk.")
final class SpillCommand implements Callable<Integer> {
    private static final List<Phase> PHASES =
            List.of(Phase.INTO_RANDOM, Phase.VIEW_RANDOM, Phase.INTO_HOT, Phase.OVERWRITE);
    private static final int WARMUP_ROUNDS = 1;
    // Headers, rounding, index and what is held back.
    private static final double ROOM = 1.4;

    @Parameters(paramLabel = "FOLDER", description = "Where the values go; it must exist.")
    private Path disk = Path.of("");

    @Option(names = "--value-length", description = "Bytes of a value (65536).")
    private int valueLength = 64 << 10;

    @Option(names = "--keys", description = "Keys, of 128 B (16384).")
    private long keys = 16_384;

    @Option(names = "--share", description = "The values are so many times the memory (4).")
    private int share = 4;

    @Option(names = "--rounds", description = "Rounds that count (3).")
    private int rounds = 3;

    @Option(names = "--round-millis", description = "Length of a round (1000).")
    private int roundMillis = 1_000;

    @Override
    public Integer call() throws IOException {
        Tables tables = new Tables(System.out);
        tables.machine(Machine.describe());
        CpuMeter meter = new CpuMeter();
        meter.start();
        List<Client> clients = new ArrayList<>();
        try {
            clients.add(new Client("in memory", false));
            clients.add(new Client("1/" + share + " in memory", true));
            for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
                for (Phase phase : PHASES) {
                    for (Client client : clients) {
                        client.round(phase, round >= 0);
                    }
                }
            }
            print(clients);
            System.out.println(
                    "CPUs used by others meanwhile: "
                            + Figures.format("%.2f", meter.foreignCpus()));
        } finally {
            clients.forEach(Client::close);
        }
        return 0;
    }

    private void print(List<Client> clients) {
        System.out.println(Figures.format(
                "%-14s%-18s%12s%10s%12s%12s%12s", Figures.length(valueLength), "values", "op/s",
                "GB/s", "p50", "p99", "longest"));
        for (Client each : clients) {
            System.out.println(Figures.format(
                    "%-14s%-18s%12s%10.2f", "insert", each.what,
                    Figures.count(each.insertsPerSecond),
                    each.insertsPerSecond * valueLength / 1e9));
        }
        for (Phase phase : PHASES) {
            clients.forEach(each -> each.print(phase));
        }
        for (Client each : clients) {
            System.out.println(each.what + ": " + each.moved());
        }
    }

    /** A dictionary, in memory or not, and who uses it. */
    private final class Client {
        final String what;
        private final Map<Phase, List<Double>> opsPerSecond = new EnumMap<>(Phase.class);
        private final Map<Phase, Histogram> latenciesNs = new EnumMap<>(Phase.class);
        private final DDict<byte[], byte[]> dict;
        private final Store store;
        private final Kernel kernel;
        private final double insertsPerSecond;

        Client(String what, boolean spills) throws IOException {
            this.what = what;
            long values = keys * (valueLength + Keys.LENGTH);
            long memory = (long) (values * ROOM) / (spills ? share : 1);
            DDictConfig.Builder config = DDictConfig.builder()
                    .entriesMax(keys + 1024)
                    .totalMemory(ByteSize.bytes(memory))
                    .timeout(Duration.ofSeconds(60));
            if (spills) {
                config.spill(disk, ByteSize.bytes((long) (values * ROOM)));
            }
            dict = DDict.create(config.build());
            Shape shape = new Shape(valueLength, keys, 1, 1, false);
            store = Peers.named(Peers.DDICT).attach(dict.serialize(), shape);
            kernel = new Kernel(store, shape, 0);
            Outcome inserted = kernel.run(Phase.INSERT, System.nanoTime(), 0, 0);
            insertsPerSecond = inserted.ops() * 1e9 / (inserted.endNs() - inserted.startNs());
        }

        void round(Phase phase, boolean counts) {
            long lengthNs = TimeUnit.MILLISECONDS.toNanos(roundMillis);
            Outcome untimed = kernel.run(phase, System.nanoTime(), lengthNs, 0);
            Outcome timed = kernel.runTimed(phase, System.nanoTime(), lengthNs, 0);
            Histogram latencies = timed.latenciesNs();
            if (counts && latencies != null) {
                opsPerSecond.computeIfAbsent(phase, any -> new ArrayList<>())
                        .add(untimed.ops() * 1e9 / (untimed.endNs() - untimed.startNs()));
                latenciesNs
                        .computeIfAbsent(phase, any -> new Histogram(Kernel.LATENCY_NS_MAX, 3))
                        .add(latencies);
            }
        }

        void print(Phase phase) {
            double ops = Figures.median(opsPerSecond.getOrDefault(phase, List.of()));
            Histogram latencies =
                    latenciesNs.getOrDefault(phase, new Histogram(Kernel.LATENCY_NS_MAX, 3));
            System.out.println(Figures.format(
                    "%-14s%-18s%12s%10s%12s%12s%12s",
                    phase.label(),
                    what,
                    Figures.count(ops),
                    phase.isView() ? "" : Figures.format("%.2f", ops * valueLength / 1e9),
                    Figures.time(latencies.getValueAtPercentile(50)),
                    Figures.time(latencies.getValueAtPercentile(99)),
                    Figures.time(latencies.getMaxValue())));
        }

        String moved() {
            return "spilled=" + counter("values-spilled")
                    + ", unspilled=" + counter("values-unspilled")
                    + ", onDisk=" + Figures.length(counter("spilled-bytes"))
                    + ", failed=" + counter("spills-failed");
        }

        private long counter(String name) {
            return dict.stats().managers().getFirst().counter(name);
        }

        void close() {
            long _ = kernel.verify();
            store.close();
            dict.destroy();
            dict.close();
        }
    }
}
