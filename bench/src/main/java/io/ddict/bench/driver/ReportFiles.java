package io.ddict.bench.driver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
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

/** Writes a run's results for programs: throughput.csv, latency.csv, targets.csv, results.json. */
final class ReportFiles {
    private final Path folder;

    ReportFiles(Path folder) {
        this.folder = folder;
    }

    void write(Map<String, String> facts, Results results, List<Target> targets)
            throws IOException {
        Files.createDirectories(folder);
        csv("throughput.csv", Throughput.class, results.throughputs());
        csv("latency.csv", Latency.class, results.latencies());
        csv("targets.csv", Target.class, targets);
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(
                        folder.resolve("results.json").toFile(),
                        Map.of(
                                "run", facts,
                                "throughput", results.throughputs(),
                                "latency", results.latencies(),
                                "targets", targets));
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
            return text.contains(",") ? '"' + text + '"' : text;
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("component not readable: name=" + component, e);
        }
    }
}
