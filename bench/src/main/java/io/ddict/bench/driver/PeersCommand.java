package io.ddict.bench.driver;

import io.ddict.bench.gups.Phase;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Peers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/*
 * Question: how fast do P processes put into and get from one store, beside other stores, beside a
 * bare copy and beside a bare socket, in one run on one machine?
 * Topology: this process makes the stores; P client processes; for DDict the node service is one
 * more process. Wants P + 1 cores; with fewer it shows how the store behaves when they are few. With
 * --service-host every store is on another node of the ddict run, and its clients are on this one.
 */

/** {@code bench peers}: the workload on several stores in one run, and our ratios. */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures DDict, its peers and the limits of copy and socket.")
final class PeersCommand implements Callable<Integer> {
    private static final String[] PEERS = {Peers.DDICT, "chronicle", "copy"};
    private static final String SIZES = "8,1k,64k,1m,16m,64m";
    private static final String SIZES_QUICK = "8,1k,1m,16m";

    @Option(
            names = {"--phases", "--operations"},
            split = ",",
            description = "Only these after insert, such as overwrite,into-random,put-get.")
    private @Nullable List<String> phases;

    @Option(
            names = "--footprint",
            description = "Measures memory and load time of a million entries (D8), nothing else.")
    private boolean footprint;

    @Option(names = "--check", description = "Exit with 2 if a target is missed.")
    private boolean check;

    @Mixin
    private PeerOptions stores = new PeerOptions();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ReportOptions report = new ReportOptions();

    @Override
    public Integer call() throws IOException {
        Plan plan = options.orUsage(this::plan);
        Launcher launcher = options.orUsage(() -> new Launcher(options.nodeArguments()));
        Map<String, String> facts = report.facts();
        Tables tables = new Tables(System.out);
        tables.machine(facts);
        if (footprint) {
            return new Footprint(plan.peers(), options.keysMax(false), launcher).run(System.out)
                    || !check ? 0 : 2;
        }
        addPeers(plan, launcher, facts);
        Results results = new Sweep(plan, launcher, facts, this::tell, this::tell).run();
        tables.throughputs(results);
        List<Ratio> ratios = Ratio.all(results);
        RatioTable ratioTable = new RatioTable(ratios);
        System.out.println(ratioTable.text());
        facts.put("seconds", Figures.format("%.1f", report.secondsSinceStart()));
        System.out.println("seconds: " + facts.get("seconds"));
        tables.notes(results);
        List<Target> targets = plan.place().service().isPresent()
                ? new Targets(results).evaluateOffNode()
                : new Targets(results).evaluate();
        tables.targets(targets);
        if (report.output().isPresent()) {
            ReportFiles files = new ReportFiles(report.output().get());
            files.write(facts, results, targets);
            files.writeRatios(ratios, ratioTable.markdown());
        }
        if (results.isFailed(Peers.DDICT)) {
            return 1;
        }
        return check && !targets.stream().allMatch(Target::isMet) ? 2 : 0;
    }

    private void tell(String what) {
        System.err.println(Figures.format("%5.1f s: %s", report.secondsSinceStart(), what));
    }

    private static void addPeers(Plan plan, Launcher launcher, Map<String, String> facts) {
        for (Peer peer : plan.peers()) {
            String flags = String.join(" ", launcher.flags(peer));
            facts.put("peer " + peer.name(), peer.description() + "; client flags: "
                    + (flags.isEmpty() ? "none" : flags));
        }
    }

    private Plan plan() {
        boolean quick = report.isQuick();
        Workload workload = phases == null
                ? Workload.comparing()
                : Workload.of(phases.stream().map(Phase::labelled).toList());
        return options.plan(
                stores.peers(PEERS),
                stores.valueLengths(quick ? SIZES_QUICK : SIZES),
                workload,
                quick,
                null);
    }
}
