package io.ddict.bench.driver;

import io.ddict.bench.limits.AccessLimit;
import io.ddict.bench.limits.CopyLimit;
import io.ddict.bench.limits.Effort;
import io.ddict.bench.limits.Limit;
import io.ddict.bench.limits.RoundTripLimit;
import io.ddict.bench.limits.StreamLimit;
import io.ddict.bench.peers.SharedFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/*
 * Question: what do copies, accesses and round trips cost on this machine, with nothing around them?
 * Topology: threads of this process for copies and accesses, one more process for round trips and
 * streams. Wants two cores; with fewer a round trip waits for the scheduler.
 */

/** {@code bench limits}: the ceilings of all other figures. */
@Command(
        name = "limits",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures copies, accesses and round trips of this machine, without any store.")
final class LimitsCommand implements Callable<Integer> {
    @Mixin
    private ReportOptions report = new ReportOptions();

    @Override
    public Integer call() throws IOException {
        Map<String, String> facts = report.facts();
        Tables tables = new Tables(System.out);
        tables.machine(facts);
        List<Limit> limits = new ArrayList<>();
        CpuMeter meter = new CpuMeter();
        meter.start();
        try (SharedFolder shared = SharedFolder.create()) {
            Path folder = Path.of(shared.address());
            Effort effort = report.isQuick() ? Effort.quick() : Effort.full();
            limits.addAll(new CopyLimit(effort, folder).measure());
            limits.addAll(new AccessLimit(effort, folder).measure());
            limits.addAll(new RoundTripLimit(effort, folder).measure());
            limits.addAll(new StreamLimit(effort, folder).measure());
        }
        facts.put("foreignCpus", Figures.format("%.2f", meter.foreignCpus()));
        tables.limits(limits);
        System.out.println("CPUs used by others meanwhile: " + facts.get("foreignCpus"));
        if (report.output().isPresent()) {
            new ReportFiles(report.output().get()).writeLimits(facts, limits);
        }
        return 0;
    }
}
