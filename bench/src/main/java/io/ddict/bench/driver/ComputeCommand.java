package io.ddict.bench.driver;

import io.ddict.bench.compute.ComputeEffort;
import io.ddict.bench.compute.ComputeFigure;
import io.ddict.bench.compute.CrowdFigures;
import io.ddict.bench.compute.MapFigures;
import io.ddict.bench.compute.QueueFigures;
import io.ddict.bench.compute.StartFigures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/*
 * Question: what do processes, pools of workers and queues cost, beside Python's multiprocessing, Hazelcast's
 * executor and threads of one process?
 * Topologies: in the comment of each part.
 */

/** {@code bench compute}: processes, pools and queues. */
@Command(
        name = "compute",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures starts of processes, maps of pools and queues, beside peers.")
final class ComputeCommand implements Callable<Integer> {
    private static final List<String> PARTS = List.of("start", "map", "queue", "crowd");

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--parts",
            split = ",",
            defaultValue = "start,map,queue,crowd",
            description = "What is measured (default: ${DEFAULT-VALUE}).")
    private List<String> parts = List.of();

    @Option(names = "--rounds", description = "Rounds of each figure (7; quick: 1).")
    private @Nullable Integer rounds;

    @Mixin
    private ReportOptions report = new ReportOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        ComputeEffort effort = effort();
        Map<String, String> facts = report.facts();
        new Tables(System.out).machine(facts);
        System.out.println(Figures.format(
                "%-44s%-26s%-11s%-9s%14s%14s%14s", "compute", "shape", "system", "figure", "median",
                "least", "most"));
        List<ComputeFigure> figures = new ArrayList<>();
        for (String part : parts) {
            tell(part);
            List<ComputeFigure> some = measure(part, effort);
            print(some);
            figures.addAll(some);
        }
        facts.put("loadAtEnd", Machine.load());
        System.out.println("load at the end: " + facts.get("loadAtEnd"));
        if (report.output().isPresent()) {
            new ReportFiles(report.output().get()).writeCompute(facts, figures);
        }
        return 0;
    }

    private ComputeEffort effort() {
        if (!PARTS.containsAll(parts)) {
            throw new ParameterException(
                    command.commandLine(), "no such part: parts=" + parts + "; there are " + PARTS);
        }
        if (rounds != null && rounds < 1) {
            throw new ParameterException(command.commandLine(), "rounds below 1: rounds=" + rounds);
        }
        ComputeEffort effort = report.isQuick() ? ComputeEffort.quick() : ComputeEffort.full();
        return rounds == null ? effort : effort.withRounds(rounds);
    }

    private List<ComputeFigure> measure(String part, ComputeEffort effort)
            throws IOException, InterruptedException {
        return switch (part) {
            case "start" -> new StartFigures(effort).measure();
            case "map" -> new MapFigures(effort, this::tell).measure();
            case "queue" -> new QueueFigures(effort, this::tell).measure();
            default -> new CrowdFigures(effort).measure();
        };
    }

    private void tell(String what) {
        System.err.println(Figures.format("%5.1f s: %s", report.secondsSinceStart(), what));
    }

    private static void print(List<ComputeFigure> figures) {
        Map<String, List<ComputeFigure>> rows = new LinkedHashMap<>();
        figures.forEach(each -> rows
                .computeIfAbsent(
                        Figures.format(
                                "%-44s%-26s%-11s%-9s", each.what(), each.shape(), each.system(),
                                each.figure()),
                        any -> new ArrayList<>())
                .add(each));
        rows.forEach((name, rounds) -> System.out.println(name + statistics(rounds)));
    }

    private static String statistics(List<ComputeFigure> rounds) {
        double[] values = rounds.stream().mapToDouble(ComputeFigure::value).sorted().toArray();
        String unit = rounds.getFirst().unit();
        return Figures.format(
                "%14s%14s%14s", value(values[values.length / 2], unit), value(values[0], unit),
                value(values[values.length - 1], unit));
    }

    private static String value(double value, String unit) {
        return switch (unit) {
            case "1/s" -> Figures.count(value) + "/s";
            case "GB/s" -> Figures.format("%.3f GB/s", value);
            default -> Figures.format(value < 100 ? "%.1f %s" : "%.0f %s", value, unit);
        };
    }
}
