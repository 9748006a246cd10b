package io.ddict.bench.driver;

import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import io.ddict.client.ByteSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/*
 * Question: how fast do P processes put into and get from one store, beside other stores and beside
 * a bare copy, in one run on one machine?
 * Topology: this process makes the stores; P client processes; for DDict the node service is one
 * more process. Wants P + 1 cores; with fewer it shows how the store behaves when they are few.
 */

/** {@code bench peers}: the workload on several stores in one run, and our ratios. */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures DDict, its peers and the copy limit with client processes.")
final class PeersCommand implements Callable<Integer> {
    private static final int KEYS = 1_000_000;
    private static final int KEYS_QUICK = 200_000;

    private final long startNs = System.nanoTime();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--peers",
            split = ",",
            defaultValue = "copy,chronicle,ddict",
            description = "Stores to measure (default: ${DEFAULT-VALUE}).")
    private List<String> peers = List.of();

    @Option(names = "--sizes", split = ",", description = "Value sizes, such as 8,1k,64m.")
    private List<String> sizes = List.of();

    @Option(
            names = "--clients",
            split = ",",
            defaultValue = "1,2",
            description = "Numbers of client processes (default: ${DEFAULT-VALUE}).")
    private List<Integer> clients = List.of();

    @Option(
            names = "--managers",
            defaultValue = "1",
            description = "Managers of a dictionary (default: ${DEFAULT-VALUE}).")
    private int managers;

    @Option(names = "--quick", description = "Fewer sizes, phases and rounds: under a minute.")
    private boolean quick;

    @Option(
            names = "--footprint",
            description = "Measures memory and load time of a million entries (D8), nothing else.")
    private boolean footprint;

    @Option(
            names = "--phases",
            split = ",",
            description = "Only these after insert, such as overwrite,into-random,put-get.")
    private List<String> only = List.of();

    @Option(names = "--warmups", description = "Rounds that are not counted (2; quick: 1).")
    private int warmups = -1;

    @Option(names = "--rounds", description = "Rounds that are (5; quick: 3).")
    private int rounds = -1;

    @Option(names = "--round-millis", description = "Length of a round (300; quick: 30).")
    private int roundMillis = -1;

    @Option(names = "--latency-millis", description = "Length of a latency round (500; quick: 40).")
    private int latencyMillis = -1;

    @Option(names = "--keys", description = "Most keys in a store (1000000; quick: 200000).")
    private int keysMax = -1;

    @Option(names = "--content", description = "Most content of a store (3g; quick: 256m).")
    private String content = "";

    @Option(names = "--output", description = "Folder for CSV and JSON files (default: none).")
    private Path output = Path.of("");

    @Option(names = "--node-args", description = "Flags of JVMs that load Chronicle Map.")
    private Path nodeArguments = Launcher.nodeArgumentsDefault();

    @Option(names = "--check", description = "Exit with 2 if a target is missed.")
    private boolean check;

    @Override
    public Integer call() throws IOException {
        Tables tables = new Tables(System.out);
        Map<String, String> facts = Machine.describe();
        facts.put("arguments",
                String.join(" ", spec.commandLine().getParseResult().originalArgs()));
        tables.machine(facts);
        Launcher launcher = new Launcher(nodeArguments);
        if (footprint) {
            return new Footprint(peerList(), orElse(keysMax, KEYS), launcher).run(System.out)
                    || !check ? 0 : 2;
        }
        Plan plan = plan();
        addPeers(plan, launcher, facts);
        Results results = new Sweep(plan, launcher, facts).run(this::tell);
        facts.put("foreignCpus", Figures.foreign(results.foreignCpus()));
        tables.throughputs(results);
        tables.latencies(results);
        facts.put("seconds", Figures.format("%.1f", secondsSinceStart()));
        System.out.println("seconds: " + facts.get("seconds"));
        System.out.println("CPUs used by others meanwhile: " + facts.get("foreignCpus"));
        List<Target> targets = new Targets(results).evaluate();
        tables.targets(targets);
        if (!output.toString().isEmpty()) {
            new ReportFiles(output).write(facts, results, targets);
        }
        return check && !targets.stream().allMatch(Target::isMet) ? 2 : 0;
    }

    private void tell(String cell) {
        System.err.println(Figures.format("%5.1f s: %s", secondsSinceStart(), cell));
    }

    private static void addPeers(Plan plan, Launcher launcher, Map<String, String> facts) {
        for (Peer peer : plan.peers()) {
            String flags = String.join(" ", launcher.flags(peer));
            facts.put("peer " + peer.name(), peer.description() + "; client flags: "
                    + (flags.isEmpty() ? "none" : flags));
        }
    }

    private Plan plan() {
        String sizesDefault = quick ? "8,1k,1m,16m" : "8,1k,64k,1m,16m,64m";
        List<String> texts = sizes.isEmpty() ? List.of(sizesDefault.split(",", -1)) : sizes;
        String contentText = content.isEmpty() ? quick ? "256m" : "3g" : content;
        return new Plan(
                peerList(),
                texts.stream().map(text -> Math.toIntExact(ByteSize.parse(text).bytes())).toList(),
                clients,
                managers,
                orElse(warmups, quick ? 1 : 2),
                orElse(rounds, quick ? 3 : 5),
                TimeUnit.MILLISECONDS.toNanos(orElse(roundMillis, quick ? 30 : 300)),
                TimeUnit.MILLISECONDS.toNanos(orElse(latencyMillis, quick ? 40 : 500)),
                orElse(keysMax, quick ? KEYS_QUICK : KEYS),
                ByteSize.parse(contentText).bytes(),
                quick,
                only);
    }

    private List<Peer> peerList() {
        try {
            return peers.stream().map(Peers::named).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private double secondsSinceStart() {
        return (System.nanoTime() - startNs) / 1e9;
    }

    private static int orElse(int given, int otherwise) {
        return given < 0 ? otherwise : given;
    }
}
