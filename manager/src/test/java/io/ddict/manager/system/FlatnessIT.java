package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What is made and ended over and over leaves nothing, in the service and in the client. {@code
 * -Dddict.flatness.rounds=…} makes more rounds.
 */
@ExtendWith(MachineExtension.class)
class FlatnessIT {
    private static final int ROUNDS = Integer.getInteger("ddict.flatness.rounds", 300);
    // Until classes are loaded, code is compiled and pools of threads have their size.
    private static final int WARM_UP = 100;
    // What the JVM's compilers took for a while the C library keeps: some 100 MiB in the first thousands of
    // rounds, and no more after them.
    private static final long RESIDENT_SLACK = 128L << 20;
    private static final long HEAP_SLACK = 4L << 20;
    private static final long COUNT_SLACK = 8;

    @Test
    @Timeout(7200)
    void createsAndDestroysWithoutGrowing(Machine machine) throws Exception {
        ChildProcess service = machine.startService("flat");
        Cluster cluster = machine.connect("flat");
        repeat("create and destroy", machine, service, round -> {
            DDict<Integer, byte[]> dict = cluster.create(
                    DDictConfig.builder()
                            .managersPerNode(1 + round % 2)
                            .totalMemory(ByteSize.mib(8))
                            .workingSetSize(1 + round % 3)
                            .build());
            dict.put(round, new byte[100]);
            dict.put(-1, new byte[50_000]);
            assertThat(dict.get(round)).hasSize(100);
            dict.destroy();
        });
    }

    @Test
    @Timeout(7200)
    void attachesAndDetachesWithoutGrowing(Machine machine) throws Exception {
        ChildProcess service = machine.startService("flat");
        DDict<Integer, byte[]> dict = machine.connect("flat").create(
                DDictConfig.builder().managersPerNode(2).totalMemory(ByteSize.mib(32)).build());
        repeat("attach and detach", machine, service, round -> {
            try (DDict<Integer, byte[]> attached = DDict.attach(dict.serialize())) {
                attached.put(round % 1_000, new byte[100]);
                attached.put(-1, new byte[50_000]);
                assertThat(attached.get(round % 1_000)).hasSize(100);
                assertThat(attached.<Long>view(-1, MemorySegment::byteSize)).isEqualTo(50_000L);
            }
        });
        dict.destroy();
    }

    private static void repeat(String what, Machine machine, ChildProcess service, Round round)
            throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            round.run(i);
        }
        Figures serviceBefore = Figures.of(service.pid());
        Figures clientBefore = Figures.of(ProcessHandle.current().pid());
        long filesBefore = files(machine.userDirectory());
        for (int i = 0; i < ROUNDS; i++) {
            round.run(WARM_UP + i);
        }
        Figures serviceAfter = Figures.of(service.pid());
        Figures clientAfter = Figures.of(ProcessHandle.current().pid());
        System.out.println("FlatnessIT: " + what + ", rounds=" + ROUNDS + ", service before "
                + serviceBefore + ", after " + serviceAfter + ", client before " + clientBefore
                + ", after " + clientAfter);
        assertThat(files(machine.userDirectory())).isEqualTo(filesBefore);
        serviceAfter.assertFlatSince(serviceBefore);
        clientAfter.assertFlatSince(clientBefore);
    }

    private static long files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.count();
        }
    }

    private interface Round {
        void run(int number) throws Exception;
    }

    /** What a process has of the machine, once garbage is collected. */
    private record Figures(
            long resident, long heap, long threads, long descriptors, long mappings) {
        static Figures of(long process) throws IOException, InterruptedException {
            command("GC.run", process);
            // Twice: what a first collection finds to be closed is garbage for the second.
            command("GC.run", process);
            String heap = command("GC.heap_info", process);
            Path proc = Path.of("/proc/" + process);
            return new Figures(
                    line(proc, "VmRSS:") << 10,
                    Long.parseLong(heap.replaceFirst("(?s).*? used (\\d+)K.*", "$1")) << 10,
                    line(proc, "Threads:"),
                    count(proc.resolve("fd")),
                    Files.readAllLines(proc.resolve("maps")).size());
        }

        void assertFlatSince(Figures before) {
            assertThat(descriptors).as("descriptors").isLessThanOrEqualTo(
                    before.descriptors + COUNT_SLACK);
            assertThat(threads).as("threads").isLessThanOrEqualTo(before.threads + COUNT_SLACK);
            assertThat(mappings).as("mappings").isLessThanOrEqualTo(before.mappings + 64);
            assertThat(heap).as("live heap").isLessThanOrEqualTo(before.heap + HEAP_SLACK);
            assertThat(resident).as("resident memory")
                    .isLessThanOrEqualTo(before.resident + RESIDENT_SLACK);
        }

        private static long line(Path proc, String name) throws IOException {
            String line = Files.readAllLines(proc.resolve("status")).stream()
                    .filter(each -> each.startsWith(name))
                    .findFirst()
                    .orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", ""));
        }

        private static long count(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.count();
            }
        }

        private static String command(String command, long process)
                throws IOException, InterruptedException {
            String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
            Process ran =
                    new ProcessBuilder(List.of(jcmd, Long.toString(process), command)).start();
            String output =
                    new String(ran.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(ran.waitFor()).as(output).isZero();
            return output;
        }
    }
}
