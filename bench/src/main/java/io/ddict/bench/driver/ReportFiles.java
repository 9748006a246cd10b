package io.ddict.bench.driver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ddict.bench.compute.ComputeFigure;
import io.ddict.bench.limits.Limit;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes a run's results for programs and pages: CSV, JSON and Markdown. */
final class ReportFiles {
    private final Path folder;

    ReportFiles(Path folder) {
        this.folder = folder;
    }

    /** Writes throughput.csv, latency.csv, targets.csv, failures.csv and results.json. */
    void write(Map<String, String> facts, Results results, List<Target> targets)
            throws IOException {
        Files.createDirectories(folder);
        csv("throughput.csv", Throughput.class, results.throughputs());
        csv("latency.csv", Latency.class, results.latencies());
        csv("targets.csv", Target.class, targets);
        csv("failures.csv", Failure.class, results.failures());
        json(Map.of(
                "run", facts,
                "throughput", results.throughputs(),
                "latency", results.latencies(),
                "targets", targets,
                "failures", results.failures(),
                "notes", results.notes()));
    }

    /** Writes ratios.csv, and ratios.md for a page. */
    void writeRatios(List<Ratio> ratios, List<String> markdown) throws IOException {
        csv("ratios.csv", Ratio.class, ratios);
        Files.write(folder.resolve("ratios.md"), markdown);
    }

    /** Writes limits.csv and results.json. */
    void writeLimits(Map<String, String> facts, List<Limit> limits) throws IOException {
        Files.createDirectories(folder);
        csv("limits.csv", Limit.class, limits);
        json(Map.of("run", facts, "limits", limits));
    }

    /** Writes compute.csv and results.json. */
    void writeCompute(Map<String, String> facts, List<ComputeFigure> figures) throws IOException {
        Files.createDirectories(folder);
        csv("compute.csv", ComputeFigure.class, figures);
        json(Map.of("run", facts, "compute", figures));
    }

    private void json(Map<String, Object> content) throws IOException {
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(folder.resolve("results.json").toFile(), content);
    }

    private <T extends Record> void csv(String file, Class<T> type, List<T> rows)
            throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.joining(",")));
        rows.forEach(row -> lines.add(Arrays.stream(type.getRecordComponents())
                .map(component -> field(component, row))
                .collect(Collectors.joining(","))));
        Files.write(folder.resolve(file), lines);
    }

    private static String field(RecordComponent component, Record row) {
        try {
            String text = String.valueOf(component.getAccessor().invoke(row));
            return text.contains(",") || text.contains("\"")
                    ? '"' + text.replace("\"", "\"\"") + '"'
                    : text;
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("component not readable: name=" + component, e);
        }
    }
}
