package io.ddict.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictFullException;
import io.ddict.client.Versioned;
import io.ddict.client.codec.Codecs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every snippet of README.md and docs, run against a real embedded dictionary. {@link DocsTest}
 * compares what lies between the markers with the pages.
 */
class ReadmeIT {
    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();

    /** A program of its own, in a JVM without flags. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) {
            String handle = arguments[0];
            // snippet: attach
            try (DDict<String, double[]> rows = DDict.attach(handle)) {
                double sum = 0;
                for (double[] row : rows.values()) {
                    sum += row[1];
                }
                rows.put("sum", new double[]{sum});
            }
            // end
        }
    }

    record Reading(String sensor, double value) {}

    @AfterEach
    void endProcesses() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void createsADictionaryThatAnotherProcessAnswersThrough() throws Exception {
        // snippet: quick-start
        try (DDict<String, double[]> rows = DDict.create()) {
            for (int i = 0; i < 1000; i++) {
                rows.put("row-" + i, new double[]{i, 2.0 * i});
            }
            startOtherProcess(rows.serialize());
            rows.awaitValue("sum", new double[]{999_000}, Duration.ofSeconds(30));
        }
        // end
        assertThat(started.getFirst().waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(outputOfOther())).isEmpty();
        assertThat(started.getFirst().exitValue()).isZero();
    }

    @Test
    void offersMoreThanAMap() {
        try (DDict<String, Object> dict = DDict.create(small())) {
            // snippet: calls
            long visits = dict.getAndAdd("visits", 1); // the value before
            Object owner = dict.putIfAbsent("owner", "Ada"); // null: nobody was there
            Versioned<Object> seen = dict.getVersioned("owner");
            long version = dict.compareAndSet("owner", seen.version(), "Grace"); // 0: another was faster
            Long length = dict.view("owner", MemorySegment::byteSize); // in place, without a copy
            Object removed = dict.remove("owner");
            // end
            assertThat(visits).isZero();
            assertThat(owner).isNull();
            assertThat(version).isGreaterThan(seen.version());
            assertThat(length).isPositive();
            assertThat(removed).isEqualTo("Grace");
            dict.destroy();
        }
    }

    @Test
    void storesRecordsThatAreRegistered() {
        // snippet: records
        Codecs codecs = Codecs.builder().register(Reading.class).build();
        DDictConfig config = DDictConfig.builder()
                .name("readings")
                .managersPerNode(2)
                .totalMemory(ByteSize.mib(64))
                .codecs(codecs)
                .build();
        DDict<String, Reading> readings = DDict.create(config);
        readings.put("first", new Reading("hall", 21.5));
        Reading first = readings.getOrThrow("first");
        // end
        assertThat(first).isEqualTo(new Reading("hall", 21.5));
        readings.destroy();
    }

    @Test
    void keepsTheOldValueWhenThereIsNoRoom() {
        byte[] large = new byte[1 << 20];
        try (DDict<String, byte[]> dict = DDict.create(small())) {
            List<String> refused = new ArrayList<>();
            for (int i = 0; refused.isEmpty(); i++) {
                String key = "key-" + i;
                // snippet: full
                try {
                    dict.put(key, large);
                } catch (DDictFullException e) {
                    refused.add(key); // what was there before still is, and reads go on
                }
                // end
            }
            assertThat(dict.size()).isPositive();
            assertThat(dict.get("key-0")).isEqualTo(large);
            assertThat(dict.get(refused.getFirst())).isNull();
            dict.destroy();
        }
    }

    private Path outputOfOther() {
        return folder.resolve("output");
    }

    private static DDictConfig small() {
        return DDictConfig.builder().totalMemory(ByteSize.mib(16)).build();
    }

    private void startOtherProcess(String handle) {
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path", ""),
                OtherProcess.class.getName(),
                handle);
        builder.redirectErrorStream(true).redirectOutput(outputOfOther().toFile());
        try {
            started.add(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
