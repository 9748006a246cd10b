package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** Where a benchmark ran: what a reader needs to judge its figures. */
final class Machine {
    private static final int CLOCK_SAMPLES = 200_000;

    private Machine() {}

    /** Names and values, in the order of the report. */
    static Map<String, String> describe() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", Instant.now().toString());
        facts.put("cpu", field("/proc/cpuinfo", "model name"));
        facts.put("cpus", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("memory", field("/proc/meminfo", "MemTotal"));
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("shmHugePages", read("/sys/kernel/mm/transparent_hugepage/shmem_enabled"));
        facts.put("jdk", System.getProperty("java.vendor.version") + " "
                + System.getProperty("java.vm.version"));
        facts.put("parentFlags",
                String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        facts.put("commit", run("git", "rev-parse", "--short", "HEAD"));
        facts.put("uncommittedFiles",
                Long.toString(run("git", "status", "--porcelain").lines().count()));
        facts.put("loadAtStart", load());
        facts.put("clockOverheadNs", Long.toString(clockOverheadNs()));
        return facts;
    }

    /** Processes that run or would, in the last minutes. */
    static String load() {
        return read("/proc/loadavg");
    }

    /** What two calls of the clock cost at the median: included in every latency. */
    static long clockOverheadNs() {
        Histogram histogram = new Histogram(3);
        for (int i = 0; i < CLOCK_SAMPLES; i++) {
            long startNs = System.nanoTime();
            histogram.recordValue(System.nanoTime() - startNs);
        }
        return histogram.getValueAtPercentile(50);
    }

    private static String field(String file, String name) {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String run(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0
                    ? output
                    : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
