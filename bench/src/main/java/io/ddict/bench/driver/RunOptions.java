package io.ddict.bench.driver;

import io.ddict.bench.jmh.NodeArguments;
import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Peer;
import io.ddict.client.ByteSize;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of the commands that run a workload on stores: everything of a plan but its workload. */
final class RunOptions {
    private static final int QUICK_MILLIS = 40;
    private static final int ROUND_MILLIS = 200;
    private static final int LATENCY_MILLIS = 500;
    private static final int KEYS = 1_000_000;
    private static final int QUICK_KEYS = 200_000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--nodes",
            description = "Nodes of the dictionary, and of its clients (all of the ddict run that this"
                    + " is in, else one).")
    private @Nullable Integer nodes;

    @Option(
            names = "--service-host",
            description = "Host of the ddict run on which all stores are, each alone; clients are on this"
                    + " one.")
    private @Nullable String serviceHost;

    @Option(
            names = {"--managers-per-node", "--managers"},
            defaultValue = "1",
            description = "Managers of the dictionary on each node (default: ${DEFAULT-VALUE}).")
    private int managers;

    @Option(names = "--clients", split = ",",
            description = "Numbers of client processes (one for each node).")
    private @Nullable List<Integer> clients;

    @Option(names = "--total-memory", description = "Memory of a store (6g; quick: 512m).")
    private @Nullable String totalMemory;

    @Option(
            names = "--memory-share",
            defaultValue = "0.5",
            description = "Share of it that keys and values take (default: ${DEFAULT-VALUE}).")
    private double memoryShare;

    @Option(
            names = {"--max-keys", "--keys"},
            description = "Most keys of a store (1000000; quick: 200000).")
    private @Nullable Long keysMax;

    @Option(
            names = {"--iterations", "--rounds"},
            defaultValue = "3",
            description = "Rounds of each operation that count (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--warmups", description = "Least rounds before those (2; quick: 1).")
    private @Nullable Integer warmups;

    @Option(names = "--round-millis", description = "Length of a round (200; quick: 40).")
    private @Nullable Long roundMillis;

    @Option(names = "--node-args", description = "Flags of JVMs that load Chronicle Map.")
    private Path nodeArguments = NodeArguments.file();

    long keysMax(boolean quick) {
        return keysMax != null ? keysMax : quick ? QUICK_KEYS : KEYS;
    }

    Path nodeArguments() {
        return nodeArguments;
    }

    /**
     * What is to be measured; nothing is started.
     *
     * @param latencyMillis length of a latency round, where there are any
     * @throws IllegalArgumentException saying what is not possible
     */
    Plan plan(
            List<Peer> peers,
            List<Integer> valueLengths,
            Workload workload,
            boolean quick,
            @Nullable Long latencyMillis) {
        if (!(memoryShare > 0 && memoryShare <= 1)) {
            throw new IllegalArgumentException(
                    "share of memory out of range: memoryShare=" + memoryShare
                            + "; above 0, at most 1");
        }
        Place place = Place.of(nodes, serviceHost);
        Pace pace = new Pace(
                warmups != null ? warmups : quick ? 1 : 2,
                rounds,
                nanos(roundMillis, quick ? QUICK_MILLIS : ROUND_MILLIS),
                nanos(latencyMillis, quick ? QUICK_MILLIS : LATENCY_MILLIS));
        return new Plan(
                peers,
                valueLengths,
                clients == null ? List.of(place.dictionaryNodes()) : clients,
                managers,
                place,
                keysMax(quick),
                contentLengthMax(quick),
                workload,
                pace);
    }

    /** Turns a refusal into a usage error of the command. */
    <T> T orUsage(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    /** Bytes of a value, from a text such as {@code 64k}. */
    static int valueLength(String text) {
        return (int) Math.min(ByteSize.parse(text).bytes(), Integer.MAX_VALUE);
    }

    private long contentLengthMax(boolean quick) {
        String text = totalMemory != null ? totalMemory : quick ? "512m" : "6g";
        return (long) (ByteSize.parse(text).bytes() * memoryShare);
    }

    private static long nanos(@Nullable Long millis, long otherwise) {
        return TimeUnit.MILLISECONDS.toNanos(millis != null ? millis : otherwise);
    }
}
