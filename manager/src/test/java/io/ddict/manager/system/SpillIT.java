package io.ddict.manager.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ddict.client.ByteSize;
import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.Durability;
import io.ddict.client.ManagerLostException;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dictionaries that hold more than their memory, with large values on a disk. */
@ExtendWith(MachineExtension.class)
@Timeout(120)
class SpillIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int LARGE = 100_000;
    // Four times the memory.
    private static final int COUNT = 1_280;

    @TempDir
    Path disk;

    private DDictConfig.Builder config() {
        return DDictConfig.builder()
                .name("large")
                .totalMemory(ByteSize.mib(32))
                .spill(disk, ByteSize.mib(256));
    }

    private static void fill(DDict<String, byte[]> dict) {
        for (int i = 0; i < COUNT; i++) {
            dict.put("key" + i, Content.of(i, LARGE + i));
        }
    }

    private static int fillUntilFull(DDict<String, byte[]> dict, String refusal) {
        int stored = 0;
        try {
            for (int i = 0; i < COUNT; i++) {
                dict.put("key" + i, Content.of(i, LARGE + i));
                stored++;
            }
        } catch (DDictFullException e) {
            assertThat(e).hasMessageMatching(refusal);
        }
        return stored;
    }

    private static void assertHolds(DDict<String, byte[]> dict) {
        assertThat(dict.size()).isEqualTo(COUNT);
        for (int i = 0; i < COUNT; i++) {
            assertThat(dict.get("key" + i)).as("key%s", i).isEqualTo(Content.of(i, LARGE + i));
        }
    }

    private static long counter(DDict<?, ?> dict, String name) {
        return dict.stats().managers().stream()
                .mapToLong(each -> each.counter(name))
                .sum();
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(disk)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void showsEverybodyEveryValueInEveryWay(Machine machine) throws Exception {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        try (DDict<String, byte[]> dict = cluster.create(config().managersPerNode(2).build());
                OtherProcess other = new OtherProcess(machine)) {
            fill(dict);
            assertThat(counter(dict, "values-spilled")).isGreaterThan(COUNT / 2);
            assertHolds(dict);
            Map<String, byte[]> seen = new HashMap<>();
            dict.entries().forEach(entry -> seen.put(entry.getKey(), entry.getValue()));
            assertThat(seen).hasSize(COUNT);
            seen.forEach((key, value) -> assertThat(value)
                    .isEqualTo(Content.of(value.length - LARGE, value.length)));
            for (int i = 0; i < COUNT; i += 50) {
                byte[] expected = Content.of(i, LARGE + i);
                MemorySegment bytes = MemorySegment.ofArray(expected);
                assertThat(dict.<Boolean>view("key" + i, view -> view.mismatch(bytes) == -1))
                        .isTrue();
                assertThat(dict.getVersioned("key" + i).value()).isEqualTo(expected);
                assertThat(dict.replace("key" + i, expected, expected)).isTrue();
                assertThat(dict.remove("key" + i, new byte[LARGE + i])).isFalse();
                dict.awaitValue("key" + i, expected, SOON);
            }
            assertThat(other.call("fill", dict, "o", 8)).isNotEmpty();
            dict.clear();
            Await.until(SOON, () -> "bytes on the disk: " + counter(dict, "spilled-bytes"),
                    () -> counter(dict, "spilled-bytes") == 0);
            dict.destroy();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void showsItOnOtherNodes(Machine machine) throws Exception {
        NodeAddress first = machine.startListeningService("two");
        machine.startJoiningService("two", first);
        try (DDict<String, byte[]> dict = machine.connect("two").create(
                config().nodes(2).totalMemory(ByteSize.mib(64)).build())) {
            assertThat(files()).hasSize(2);
            fill(dict);
            assertThat(dict.manager(1).stats().managers().getFirst().counter("values-spilled"))
                    .isPositive();
            assertHolds(dict);
            dict.destroy();
        }
        Await.until(SOON, () -> "files: " + files(), () -> files().isEmpty());
    }

    @Test
    void viewsWhatIsFrozenInPlace(Machine machine) throws Exception {
        machine.startService("one");
        try (DDict<String, byte[]> dict = machine.connect("one").create(config().build())) {
            fill(dict);
            dict.freeze();
            MemorySegment view = dict.view("key0");
            assertThat(view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Content.of(0, LARGE));
            for (int i = 0; i < COUNT; i++) {
                assertThat(Content.isOf(i, dict.view("key" + i))).as("key%s", i).isTrue();
            }
            dict.unfreeze();
            dict.put("key0", new byte[1]);
            assertThatThrownBy(() -> view.get(ValueLayout.JAVA_BYTE, 0))
                    .isInstanceOf(IllegalStateException.class);
            dict.destroy();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void persistsAndRestoresMoreThanItsMemory(int workingSetSize, Machine machine)
            throws Exception {
        machine.startService("one");
        Path persisted = disk.resolve("persisted");
        try (DDict<String, byte[]> dict = machine.connect("one").create(
                config().workingSetSize(workingSetSize).persister("posix").persistPath(persisted)
                        .build())) {
            fill(dict);
            dict.persist();
            dict.checkpoint();
            for (int i = 0; i < COUNT; i += 2) {
                dict.remove("key" + i);
            }
            dict.restore(0);
            assertHolds(dict);
            dict.destroy();
        }
    }

    @Test
    void copiesContinuouslyWhatIsOnTheDisk(Machine machine) throws Exception {
        machine.startService("one");
        DDictConfig config = config().durability(Durability.CONTINUOUS)
                .persistPath(disk.resolve("copy")).build();
        try (DDict<String, byte[]> dict = machine.connect("one").create(config)) {
            fill(dict);
            dict.destroy(true);
        }
        try (DDict<String, byte[]> again = machine.connect("one").create(config)) {
            assertHolds(again);
            again.destroy();
        }
    }

    @Test
    void isTakenOverWithItsFileWhenItsServiceIsKilled(Machine machine) throws Exception {
        ChildProcess first = machine.startService("one");
        DDictConfig config = config().restartable(true).build();
        DDict<String, byte[]> dict = machine.connect("one").create(config);
        fill(dict);
        long onDisk = counter(dict, "values-spilled");
        assertThat(onDisk).isPositive();
        first.kill();
        first.awaitEnd();
        machine.startService("two");
        try (DDict<String, byte[]> again = machine.connect("two").create(config)) {
            assertHolds(again);
            for (int i = 0; i < COUNT; i++) {
                again.put("key" + i, Content.of(i, LARGE + i));
            }
            assertHolds(again);
            machine.verifyPools();
            again.destroy();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void losesNothingWhenItsServiceIsKilledAsItMovesValues(Machine machine) throws Exception {
        DDictConfig config = config().restartable(true).build();
        for (int round = 0; round < 3; round++) {
            ChildProcess service = machine.startService("round" + round);
            DDict<String, byte[]> dict = machine.connect("round" + round).create(config);
            if (round == 0) {
                fill(dict);
            }
            assertHolds(dict);
            try (Threads threads = new Threads()) {
                threads.start(1, thread -> assertThatThrownBy(() -> rewrite(dict))
                        .isInstanceOf(ManagerLostException.class));
                Await.pass(Duration.ofMillis(300));
                service.kill();
                service.awaitEnd();
            }
            dict.close();
        }
        machine.startService("last");
        try (DDict<String, byte[]> dict = machine.connect("last").create(config)) {
            assertHolds(dict);
            machine.verifyPools();
            dict.destroy();
        }
    }

    // Values of the same content, so that it does not matter which of them were accepted.
    private static void rewrite(DDict<String, byte[]> dict) {
        for (int i = 0;; i = (i + 7) % COUNT) {
            dict.put("key" + i, Content.of(i, LARGE + i));
        }
    }

    @Test
    void endsValuesOnTheDiskWhenTheirTimeIsOver(Machine machine) throws Exception {
        ChildProcess first = machine.startService("one");
        DDictConfig config = config().restartable(true).build();
        DDict<String, byte[]> dict = machine.connect("one").create(config);
        fill(dict.withTimeToLive(Duration.ofHours(1)));
        assertThat(counter(dict, "values-spilled")).isGreaterThan(COUNT / 2);
        assertHolds(dict);
        assertThat(dict.<Boolean>view(
                "key1", view -> Content.isOf(1, view) && view.byteSize() == LARGE + 1)).isTrue();
        DDict<String, byte[]> brief = dict.withTimeToLive(Duration.ofSeconds(3));
        for (int i = 0; i < COUNT; i += 2) {
            brief.put("key" + i, Content.of(i, LARGE + i));
        }
        first.kill();
        first.awaitEnd();
        machine.startService("two");
        try (DDict<String, byte[]> again = machine.connect("two").create(config)) {
            Await.until(SOON, () -> "size: " + again.size(), () -> again.size() == COUNT / 2);
            for (int i = 0; i < COUNT; i++) {
                assertThat(again.get("key" + i)).as("key%s", i)
                        .isEqualTo(i % 2 == 0 ? null : Content.of(i, LARGE + i));
            }
            Await.until(SOON, () -> "on the disk: " + counter(again, "spilled-bytes"),
                    () -> counter(again, "spilled-bytes") < (long) COUNT / 2 * (LARGE + 10_000));
            machine.verifyPools();
            again.destroy();
        }
    }

    @Test
    void isSweptWithItsFileByTheNextService(Machine machine) throws Exception {
        ChildProcess first = machine.startService("one");
        DDict<String, byte[]> dict = machine.connect("one").create(config().build());
        fill(dict);
        assertThat(files()).hasSize(1);
        first.kill();
        first.awaitEnd();
        machine.startService("two");
        Await.until(SOON, () -> "files: " + files(), () -> files().isEmpty());
    }

    @Test
    void isFullWhenMemoryAndDiskAre(Machine machine) throws Exception {
        machine.startService("one");
        try (DDict<String, byte[]> dict = machine.connect("one").create(
                config().spill(disk, ByteSize.mib(16)).build())) {
            int stored = fillUntilFull(
                    dict,
                    "memory pool full: recordLength=.* spilled=\\d+B, spillSize=16777216B,"
                            + " spillsFailed=0, .*; remove keys or create the dictionary with more"
                            + " totalMemory or spill");
            assertThat(stored).isBetween(350, 460);
            for (int i = 0; i < stored; i++) {
                assertThat(dict.get("key" + i)).isEqualTo(Content.of(i, LARGE + i));
            }
            for (int i = 0; i < stored / 2; i++) {
                dict.remove("key" + i);
            }
            for (int i = 0; i < stored / 3; i++) {
                dict.put("next" + i, Content.of(i, LARGE));
            }
            dict.destroy();
        }
    }

    @Test
    void staysUsableWhenTheDiskIsFullOfOtherThings(Machine machine) throws Exception {
        machine.startService("one");
        Path small = Files.createDirectory(disk.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=80m", "none", small.toString()) == 0,
                "this user may not mount a tmpfs");
        try (DDict<String, byte[]> dict = machine.connect("one").create(
                config().spill(small, ByteSize.mib(64)).build())) {
            Files.write(small.resolve("other"), new byte[70 << 20]);
            int stored = fillUntilFull(dict, ".*, spillsFailed=[1-9].*");
            for (int i = 0; i < stored; i++) {
                assertThat(dict.get("key" + i)).isEqualTo(Content.of(i, LARGE + i));
            }
            Files.delete(small.resolve("other"));
            String key = "key" + stored;
            Await.until(SOON, () -> "room again", () -> isStored(dict, key));
            assertThat(counter(dict, "spills-failed")).isPositive();
            dict.destroy();
        } finally {
            assertThat(run("umount", "--lazy", small.toString())).isZero();
        }
    }

    private static boolean isStored(DDict<String, byte[]> dict, String key) {
        try {
            dict.put(key, new byte[LARGE]);
            return true;
        } catch (DDictFullException e) {
            return false;
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Test
    void goesOnWhenTheDiskHasLostValues(Machine machine) throws Exception {
        machine.startService("one");
        try (DDict<String, byte[]> dict = machine.connect("one").create(
                config().persister("posix").persistPath(disk.resolve("persisted")).build())) {
            fill(dict);
            Path file = files().stream().filter(each -> !Files.isDirectory(each)).findFirst()
                    .orElseThrow();
            awaitNothingMoves(dict);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                long length = channel.size();
                channel.truncate(4_096);
                assertThatThrownBy(dict::persist).isInstanceOf(DDictException.class);
                dict.put("small", new byte[10]);
                assertThat(dict.get("small")).hasSize(10);
                channel.write(ByteBuffer.allocate(1), length - 1);
            }
            dict.clear();
            fill(dict);
            assertHolds(dict);
            dict.destroy();
        }
    }

    private static void awaitNothingMoves(DDict<?, ?> dict) {
        long[] moved = {-1};
        Await.until(SOON, () -> "moved: " + moved[0], () -> {
            long before = moved[0];
            moved[0] = counter(dict, "values-spilled");
            Await.pass(Duration.ofMillis(300));
            return moved[0] == before;
        });
    }

    @Test
    void isNotMadeWhereThereIsNoRoomForItsFile(Machine machine) throws Exception {
        machine.startService("one");
        Cluster cluster = machine.connect("one");
        Path file = Files.createFile(disk.resolve("file"));
        for (DDictConfig.Builder config : List.of(
                config().spill(file, ByteSize.mib(16)),
                config().spill(disk, ByteSize.gib(3_000)))) {
            assertThatThrownBy(() -> cluster.create(config.build()))
                    .isInstanceOf(DDictException.class)
                    .hasMessageContaining("no room for values on a disk: spillPath=" + disk)
                    .hasMessageContaining(
                            "; choose a directory that can be written to, on a disk with room");
        }
        assertThat(files()).containsExactly(file);
        assertThat(machine.pools()).isEmpty();
        assertThatThrownBy(() -> config().managersPerNode(8).spill(disk, ByteSize.mib(7)).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "spillSize is not 1 MiB to 4 TiB a manager: spillSize=7 MiB, managers=8");
    }
}
